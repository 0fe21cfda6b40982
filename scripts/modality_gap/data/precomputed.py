"""Embeddings that a user brings, in any of the usual file forms."""

from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import safetensors
from numpy.lib.npyio import NpzFile
from safetensors import SafetensorError

from modality_gap.data.embeddings import (
    ROWS_TOGETHER,
    check_embeddings,
    check_pair,
    first_equal_rows,
    normalize,
)

NAMES = ("images", "texts")
FORMS = ".npy of shape (2, n, d), .npz, .parquet or .safetensors with `images` and `texts`"
NEARLY = 1e-5  # of unit length: what rounding of float32 leaves, and no two items do
SAFETENSORS = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "BF16": "<u2"}
# What the libraries raise for a file that is cut off, damaged or of another kind.
UNREADABLE = (OSError, EOFError, KeyError, TypeError, AttributeError, MemoryError)
UNREADABLE += (BadZipFile, pa.ArrowException, SafetensorError)
LENGTHS = (1e-15, 1e15)  # of ordinary embeddings
# What each kind of numbers is that is none of an embedding.
NOT_EMBEDDINGS = {
    "b": "bits: embeddings quantised to signs; expected what they were before",
    "u": "whole numbers: quantised or packed embeddings; dequantise them first, low + step × code with "
    "the quantiser's own low and step of each dimension (of packed bits, numpy.unpackbits × 2 − 1)",
    "i": "whole numbers: quantised embeddings; dequantise them first, scale × code with the "
    "quantiser's own scale",
    "c": "complex numbers; expected real ones",
}


class Pairs(NamedTuple):
    """Distinct images and texts, shape (n, d) and (m, d), and which belong together, shape (p, 2).

    Pairs are (image row, text row), a row of what the user brought each, in that order.
    """

    images: np.ndarray
    texts: np.ndarray
    pairs: np.ndarray


def distinct_items(images: np.ndarray, texts: np.ndarray) -> Pairs:
    """Repeated rows taken as one item each, as a table has them; images, texts: shape (p, d).

    Row i of one belongs to row i of the other, and to all that its equals belong to.
    """
    found = []
    for rows in (images, texts):
        first, places = np.unique(first_equal_rows(rows), return_inverse=True)
        # Where no row is repeated, the array is not copied.
        found.append((rows if len(first) == len(rows) else rows[first], places))
    (distinct_images, image_rows), (distinct_texts, text_rows) = found
    return Pairs(distinct_images, distinct_texts, np.column_stack([image_rows, text_rows]))


def merged_notes(found: Pairs) -> list[str]:
    """A sentence for each modality in which rows were repeated."""
    pairs = len(found.pairs)
    return [
        f"{pairs - len(rows):,} of {pairs:,} {name} repeat another row: retrieval and neighbours "
        f"are among {len(rows):,} distinct {name}, the gap is of all {pairs:,} pairs"
        for name, rows in (("images", found.images), ("texts", found.texts))
        if len(rows) < pairs
    ]


def nearly_equal_notes(found: Pairs) -> list[str]:
    """A sentence for each modality in which distinct rows are hardly so, as rounding leaves them.

    One item that was embedded in two batches may differ in its last bits: then it is its own rival,
    and only its user can tell.
    """
    counts = {name: nearly_equal(rows) for name, rows in zip(NAMES, found[:2], strict=True)}
    return [
        f"{count:,} of {len(rows):,} distinct {name} are within {NEARLY:g} of another (of unit length): "
        "if they are the same, round them, or give each once; here they are rivals"
        for (name, count), rows in zip(counts.items(), found[:2], strict=True)
        if count
    ]


def nearly_equal(rows: np.ndarray) -> int:
    """How many rows have a neighbour within NEARLY of unit length, found along a random line.

    rows: shape (n, d), distinct. Rows that are near each other are so on any line; of those that are
    next to each other on it, the distance is measured.
    """
    line = np.random.default_rng(0).normal(size=rows.shape[1])
    blocks = [slice(first, first + ROWS_TOGETHER) for first in range(0, len(rows), ROWS_TOGETHER)]
    order = np.argsort(
        np.concatenate([normalize(rows[block]) @ line for block in blocks]), kind="stable"
    )
    count = 0
    for block in blocks:
        # With the first one of the next block.
        unit = normalize(rows[order[block.start : block.stop + 1]])
        count += int((np.linalg.norm(np.diff(unit, axis=0), axis=1) < NEARLY).sum())
    return count


def read_precomputed(files: list[str | Path]) -> tuple[np.ndarray, np.ndarray]:
    """(images, texts), each of shape (n, d), float32, row i of one matching row i of the other.

    files: one file (.npy of shape (2, n, d): images, then texts; .npz or .safetensors with arrays
    `images` and `texts`; .parquet with list columns `images` and `texts`), or two .npy files of
    shape (n, d), images first. float16, bfloat16, float32 or float64. Nothing pickled is loaded.
    Raises ValueError, naming the file, for another form or kind of numbers, differing widths or
    counts, NaN, infinity, values beyond float32 or a zero vector.
    """
    name = " and ".join(str(file) for file in files)
    for file in files:
        if not Path(file).is_file():
            raise FileNotFoundError(f"{file}: no such file of embeddings")
    try:
        arrays = read_one(Path(files[0])) if len(files) == 1 else read_two(files)
        images, texts = (in_single_precision(*each) for each in zip(NAMES, arrays, strict=True))
        check_pair(images, texts, paired=True)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    except UNREADABLE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(
            f"{name}: not readable as embeddings ({reason}), expected {FORMS}"
        ) from error
    return images, texts


def in_single_precision(name: str, array: np.ndarray) -> np.ndarray:
    """Floating-point embeddings as float32; a value that it cannot hold is an error."""
    if not isinstance(array, np.ndarray):
        raise ValueError(f"{name}: no array of numbers")
    if array.dtype.kind == "f" and array.dtype.itemsize > 8:
        raise ValueError(f"{name}: {array.dtype} values, expected at most float64")
    if array.dtype.kind != "f":
        what = NOT_EMBEDDINGS.get(array.dtype.kind, "no numbers")
        raise ValueError(f"{name}: {array.dtype} values, {what}")
    check_embeddings(array, name)
    lengths = np.sqrt(np.einsum("nd,nd->n", array, array, dtype=np.float64))
    odd = (lengths < LENGTHS[0]) | (lengths > LENGTHS[1])
    if odd.any():
        row = int(odd.argmax())
        raise ValueError(
            f"{name}: row {row} is {lengths[row]:.3g} long, expected embeddings of ordinary length, "
            f"from {LENGTHS[0]:g} to {LENGTHS[1]:g}: float32 does not hold it"
        )
    return np.ascontiguousarray(array, dtype=np.float32)


def read_vector(file: str | Path) -> np.ndarray:
    """A direction from a .npy file, shape (d,), of floating-point numbers; errors name the file."""
    try:
        vector = load_numpy(Path(file))
    except UNREADABLE as error:
        raise ValueError(f"{file}: not readable ({error}), expected a .npy file") from error
    if isinstance(vector, NpzFile) or vector.ndim != 1:
        shape = "an .npz archive" if isinstance(vector, NpzFile) else f"shape {vector.shape}"
        raise ValueError(f"{file}: {shape}, expected a vector (d,)")
    try:
        return in_single_precision("vector", vector[None])[0]
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error


def read_two(files: list[str | Path]) -> tuple[np.ndarray, np.ndarray]:
    """A pair of .npy files."""
    arrays = []
    for file in map(Path, files):
        array = load_numpy(file)
        if isinstance(array, NpzFile) or array.ndim != 2:
            shape = "an .npz archive" if isinstance(array, NpzFile) else f"shape {array.shape}"
            raise ValueError(f"{file.name}: {shape}, expected a .npy file of shape (n, d)")
        arrays.append(array)
    return tuple(arrays)


def read_one(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """One file that holds both modalities."""
    ending = file.suffix.lower()
    if ending == ".npy":
        array = load_numpy(file)
        if isinstance(array, NpzFile):
            raise ValueError("an .npz archive that is named .npy, expected .npz")
        if array.ndim != 3 or len(array) != 2:
            raise ValueError(f"shape {array.shape}, expected (2, n, d): images, then texts")
        return array[0], array[1]
    if ending == ".npz":
        arrays = load_numpy(file)
        if not isinstance(arrays, NpzFile):
            raise ValueError("a single array, that of a .npy file, expected the arrays of an .npz")
        with arrays:
            return tuple(named(arrays, name) for name in NAMES)
    if ending == ".safetensors":
        return read_safetensors(file)
    if ending == ".parquet":
        columns = pq.read_schema(file).names
        table = pq.read_table(file, columns=[name for name in NAMES if name in columns])
        return tuple(matrix_of(named(table, name, columns), name) for name in NAMES)
    raise ValueError(f"unknown ending {file.suffix!r}, expected {FORMS}")


def unread_notes(files: list[str | Path]) -> list[str]:
    """A sentence on the arrays of a file that are neither images nor texts, where there are any."""
    if len(files) > 1 or Path(files[0]).suffix.lower() == ".npy":
        return []
    file, ending = Path(files[0]), Path(files[0]).suffix.lower()
    if ending == ".npz":
        with load_numpy(file) as arrays:
            names = list(arrays)
    elif ending == ".parquet":
        names = pq.read_schema(file).names
    else:
        with safetensors.safe_open(file, "numpy") as tensors:
            names = list(tensors.keys())
    others = [name for name in names if name not in NAMES]
    return (
        [f"{file.name}: not read, beside images and texts: {', '.join(others)}"] if others else []
    )


def named(arrays, name: str, known: list[str] | None = None):
    """One of a file's arrays; without it, an error that names those that there are."""
    known = list(arrays) if known is None else known
    if name not in known:
        raise ValueError(f"no array {name!r} among {', '.join(known) or 'none'}, expected {FORMS}")
    return arrays[name]


def load_numpy(file: Path) -> np.ndarray | NpzFile:
    """A .npy or .npz file, refused where it would need unpickling."""
    try:
        return np.load(file, allow_pickle=False)
    except ValueError as error:
        raise ValueError(f"{file.name} is not a {file.suffix} file of numbers ({error})") from error


def read_safetensors(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """Both modalities of a .safetensors file; bfloat16, which NumPy does not have, as float32."""
    tensors = dict(safetensors.deserialize(file.read_bytes()))
    arrays = []
    for name in NAMES:
        tensor = named(tensors, name)
        if tensor["dtype"] not in SAFETENSORS:
            raise ValueError(
                f"{name}: {tensor['dtype']} values, expected floating-point ones "
                f"({', '.join(SAFETENSORS)}); quantised embeddings must be dequantised first"
            )
        array = np.frombuffer(tensor["data"], SAFETENSORS[tensor["dtype"]])
        if tensor["dtype"] == "BF16":
            array = (array.astype(np.uint32) << 16).view(np.float32)
        arrays.append(array.reshape(tensor["shape"]))
    return tuple(arrays)


def matrix_of(column: pa.ChunkedArray, name: str) -> np.ndarray:
    """The matrix of a Parquet column with a list of numbers a row; shape (n, d)."""
    kind = column.type
    if not (
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    ):
        raise ValueError(f"column {name!r} holds {kind}, expected a list of numbers in each row")
    if len(column) == 0:
        raise ValueError(f"column {name!r} has no rows")
    lists = column.combine_chunks()
    if lists.null_count or lists.flatten().null_count:
        wrong = next(
            row for row, value in enumerate(lists.to_pylist()) if value is None or None in value
        )
        raise ValueError(f"{name}: row {wrong} holds NaN or infinity, or no value at all")
    lengths = pa.compute.list_value_length(lists).to_numpy()
    if len(lengths) and (lengths != lengths[0]).any():
        wrong = int((lengths != lengths[0]).argmax())
        raise ValueError(
            f"column {name!r}: row {wrong} has {lengths[wrong]} values, row 0 has {lengths[0]}"
        )
    values = lists.flatten()
    if pa.types.is_nested(values.type) or not (
        pa.types.is_floating(values.type)
        or pa.types.is_integer(values.type)
        or pa.types.is_boolean(values.type)
    ):
        raise ValueError(f"column {name!r} holds lists of {values.type}, expected numbers")
    return values.to_numpy(zero_copy_only=False).reshape(len(lists), -1)
