"""Embeddings that a user brings, in any of the usual file forms."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple
from zipfile import BadZipFile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import safetensors
from numpy.lib.npyio import NpzFile
from safetensors import SafetensorError

from modality_gap.data import tensors
from modality_gap.data.embeddings import (
    NEARLY,
    check_embeddings,
    check_shapes,
    first_equal_rows,
    nearly_equal,
)

NAMES = ("images", "texts")
FORMS = ".npy of shape (2, n, d), .npz, .parquet, .safetensors or .pt with `images` and `texts`"
SINGLE = "a .npy file (or a .pt of one tensor)"
SAFETENSORS = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "BF16": "<u2"}
PART = re.compile(r"(img|text)_emb_([0-9]+)\.npy")
# What the libraries raise for a file that is cut off, damaged or of another kind.
OF_PYTHON = (OSError, EOFError, KeyError, TypeError, AttributeError, MemoryError)
UNREADABLE = (*OF_PYTHON, BadZipFile, pa.ArrowException, SafetensorError)
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


class Distinct(NamedTuple):
    """One modality's distinct rows, shape (n, d), and which of them each of p rows is, shape (p,)."""

    rows: np.ndarray
    places: np.ndarray


def distinct_items(rows: np.ndarray) -> Distinct:
    """Repeated rows taken as one item each, as a table has them; rows: shape (p, d).

    Row i of one modality belongs to row i of the other, and to all that its equals belong to.
    """
    first, places = np.unique(first_equal_rows(rows), return_inverse=True)
    # Where no row is repeated, the array is not copied.
    return Distinct(rows if len(first) == len(rows) else rows[first], places)


def merged_notes(name: str, found: Distinct) -> list[str]:
    """A sentence where rows of a modality, of this name, were repeated."""
    pairs, number = len(found.places), len(found.rows)
    if number == pairs:
        return []
    return [
        f"{pairs - number:,} of {pairs:,} {name} repeat another row: retrieval and neighbours "
        f"are among {number:,} distinct {name}, the gap is of all {pairs:,} pairs"
    ]


def nearly_equal_notes(name: str, found: Distinct) -> list[str]:
    """A sentence where distinct rows of a modality are hardly so, as rounding leaves them.

    One item that was embedded in two batches may differ in its last bits: then it is its own rival,
    and only its user can tell.
    """
    count = nearly_equal(found.rows)
    if not count:
        return []
    return [
        f"{count:,} of {len(found.rows):,} distinct {name} are within {NEARLY:g} of another (of unit length): "
        "if they are the same, round them, or give each once; here they are rivals"
    ]


def read_precomputed(files: list[str | Path]) -> tuple[np.ndarray, np.ndarray]:
    """(images, texts), each of shape (n, d), float32, row i of one matching row i of the other.

    files: one file (.npy of shape (2, n, d): images, then texts; .npz, .safetensors or .pt with arrays
    `images` and `texts`; .parquet with list columns `images` and `texts`), two .npy files of
    shape (n, d), images first, or the parts that clip-retrieval writes. float16, bfloat16, float32 or
    float64. Nothing pickled is loaded.
    Raises ValueError, naming the file, for another form or kind of numbers, differing widths or
    counts, NaN, infinity, values beyond float32 or a zero vector.
    """
    return tuple(rows for _, rows in read_modalities(files))


def read_modalities(
    files: list[str | Path],
    names: tuple[str, ...] = NAMES,
    paired: bool = True,
    called: list[str] | None = None,
) -> Iterator[tuple[str, np.ndarray]]:
    """(name, rows) of images, then of texts, of `read_precomputed`: one at a time in memory.

    Of both, one that is dropped before the next is asked for need not fit beside it. names: of
    those that are read; paired: whether there must be as many of each. called: what the arrays of
    both are called in two files of several (or in one, twice).
    """
    shape, read = None, read_parts if in_parts(files) else partial(read_two, called=called)
    for name in names:
        with readable(files, FORMS):
            array = read_one(Path(files[0]), name) if len(files) == 1 else read(files, name)
            rows = in_single_precision(name, array)
            del array
            # Of the modality that came first, its shape is what there is to compare.
            check_shapes(shape, rows.shape, paired)
        shape = rows.shape
        yield name, rows
        del rows


def called_by(files: list[str | Path]) -> str:
    """What files of embeddings are called in an error: by themselves, or by the folder of many parts."""
    folder = in_parts(files)
    return (
        str(Path(files[0]).parents[1]) if folder else " and ".join(dict.fromkeys(map(str, files)))
    )


@contextmanager
def readable(files: list[str | Path], forms: str) -> Iterator[None]:
    """Whatever is wrong with files of embeddings in one line that names them; forms: expected ones."""
    called = called_by(files)
    for file in files:
        if Path(file).is_dir():
            raise IsADirectoryError(f"{file}: a folder, expected files of embeddings")
        if not Path(file).is_file():
            raise FileNotFoundError(f"{file}: no such file of embeddings")
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{called}: {error}") from error
    except UNREADABLE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(
            f"{called}: not readable as embeddings ({reason}), expected {forms}"
        ) from error


def modalities_in(files: list[str | Path]) -> tuple[str, ...]:
    """Which of images and texts are there; an .npy of shape (n, d) holds images alone."""
    if in_parts(files):
        return tuple(name for name in NAMES if parts_of(files)[name])
    if len(files) > 1:
        return NAMES
    with readable(files, FORMS):
        file = Path(files[0])
        if is_single(file):
            return NAMES[:1] if load_single(file, mapped=True).ndim == 2 else NAMES
        return NAMES if NAMES[1] in arrays_in(file) else NAMES[:1]


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
        vector = tensors.load_numpy(Path(file))
    except UNREADABLE as error:
        raise ValueError(f"{file}: not readable ({error}), expected a .npy file") from error
    if isinstance(vector, NpzFile) or vector.ndim != 1:
        shape = "an .npz archive" if isinstance(vector, NpzFile) else f"shape {vector.shape}"
        raise ValueError(f"{file}: {shape}, expected a vector (d,)")
    try:
        return in_single_precision("vector", vector[None])[0]
    except ValueError as error:
        raise ValueError(f"{file}: {error}") from error


def read_two(files: list[str | Path], name: str, called: list[str] | None = None) -> np.ndarray:
    """One modality of a pair of files that hold an array each, or several by names; see `called`."""
    place = NAMES.index(name)
    file = Path(files[place])
    return read_named(file, called[place]) if called and not is_single(file) else matrix(file)


def in_parts(files: list[str | Path]) -> bool:
    """Whether these are parts that clip-retrieval wrote: img_emb/img_emb_0.npy and so on."""
    return all(PART.fullmatch(Path(file).name) for file in files)


def parts_of(files: list[str | Path]) -> dict[str, dict[int, Path]]:
    """The parts of each modality by their number, in its order."""
    found = {name: {} for name in NAMES}
    for file in map(Path, files):
        kind, number = PART.fullmatch(file.name).groups()
        parts = found[NAMES[kind == "text"]]
        if int(number) in parts:
            raise ValueError(
                f"{parts[int(number)].name} and {file.name} are both part {int(number)}"
            )
        parts[int(number)] = file
    return {name: dict(sorted(parts.items())) for name, parts in found.items()}


def check_lengths(parts: dict[str, dict[int, Path]]) -> None:
    """Raise ValueError where a part has other numbers of images and of texts."""
    images, texts = parts.values()
    for number in images.keys() & texts.keys():
        n, m = (len(load_single(own[number], mapped=True)) for own in (images, texts))
        if n != m:
            raise ValueError(f"part {number} has {n} images and {m} texts, expected as many")


def read_parts(files: list[str | Path], name: str) -> np.ndarray:
    """One modality of parts, in the order of their numbers; one part at a time beside the whole."""
    parts = parts_of(files)
    if not parts[name]:
        raise ValueError(f"no part of {name}")
    numbers = [list(own) for own in parts.values() if own]
    if numbers[0] != numbers[-1]:
        odd = sorted(set(numbers[0]) ^ set(numbers[-1]))[0]
        raise ValueError(f"part {odd} is there of images or of texts alone, expected it of both")
    missing = sorted(set(range(len(parts[name]))) - set(parts[name]))
    if missing:
        raise ValueError(f"no part {missing[0]}, expected every number from 0")
    check_lengths(parts)
    mapped = [load_single(file, mapped=True) for file in parts[name].values()]
    for file, part in zip(parts[name].values(), mapped, strict=True):
        if part.ndim != 2 or part.shape[1] != mapped[0].shape[-1]:
            raise ValueError(
                f"{file.name}: shape {part.shape}, expected (n, {mapped[0].shape[-1]}), as the others"
            )
    kind = np.result_type(*mapped)
    whole, row = np.empty((sum(map(len, mapped)), mapped[0].shape[1]), kind), 0
    del mapped  # pages that are mapped would count as memory
    for file in parts[name].values():
        part = load_single(file)
        whole[row : row + len(part)] = part
        row += len(part)
    return whole


def matrix(file: Path) -> np.ndarray:
    """The array of shape (n, d) that is all that a file holds."""
    if file.suffix.lower() in tensors.ENDINGS and not is_single(file):
        raise ValueError(f"{file.name}: tensors by name, expected {SINGLE} of shape (n, d)")
    array = load_single(file)
    if array.ndim != 2:
        raise ValueError(f"{file.name}: shape {array.shape}, expected {SINGLE} of shape (n, d)")
    return array


def read_one(file: Path, name: str) -> np.ndarray:
    """One modality of a file that holds both, or images alone."""
    if not is_single(file):
        return read_named(file, name)
    array = load_single(file, mapped=True)
    if array.ndim == 2 and name == NAMES[0]:
        return np.array(array)
    if array.ndim != 3 or len(array) != 2:
        raise ValueError(f"shape {array.shape}, expected (2, n, d): images, then texts")
    number = NAMES.index(name)
    return half(file, array, number) if isinstance(array, np.memmap) else array[number]


def is_single(file: Path) -> bool:
    """Whether a file holds one array without a name."""
    if file.suffix.lower() in tensors.ENDINGS:
        return isinstance(tensors.tensors_of(file), tensors.Tensor)
    return file.suffix.lower() == ".npy"


def load_single(file: Path, mapped: bool = False) -> np.ndarray:
    """The array of a file of `is_single`; mapped: an .npy without reading it."""
    if file.suffix.lower() in tensors.ENDINGS:
        return tensors.read_tensor(file, tensors.tensors_of(file))
    array = tensors.load_numpy(file, mmap_mode="r" if mapped else None)
    if isinstance(array, NpzFile):
        named_npy = file.suffix.lower() == ".npy"
        expected = "a name that ends in .npz" if named_npy else SINGLE
        raise ValueError(f"{file.name}: an .npz archive, expected {expected}")
    return array


def read_named(file: Path, name: str) -> np.ndarray:
    """An array of a file that holds several, by its name."""
    ending = file.suffix.lower()
    if ending == ".npz":
        with tensors.open_npz(file) as arrays:
            return named(arrays, name)
    if ending == ".safetensors":
        return read_safetensors(file, name)
    if ending == ".parquet":
        columns = pq.read_schema(file).names
        table = pq.read_table(file, columns=[name] if name in columns else [])
        return matrix_of(named(table, name, columns), name)
    if ending in tensors.ENDINGS:
        found = named(tensors.tensors_of(file), name)
        try:
            return tensors.read_tensor(file, found)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from error
    raise ValueError(f"unknown ending {file.suffix!r}, expected {FORMS}")


def arrays_in(file: Path) -> list[str]:
    """The names of the arrays that a file of several holds."""
    ending = file.suffix.lower()
    if ending == ".npz":
        with tensors.open_npz(file) as arrays:
            return list(arrays)
    if ending == ".parquet":
        return pq.read_schema(file).names
    if ending == ".safetensors":
        with safetensors.safe_open(file, "numpy") as arrays:
            return list(arrays.keys())
    if ending in tensors.ENDINGS:
        return list(tensors.tensors_of(file))
    raise ValueError(f"unknown ending {file.suffix!r}, expected {FORMS}")


def half(file: Path, mapped: np.memmap, number: int) -> np.ndarray:
    """One of the two matrices of a mapped .npy file, read: mapped pages would count as memory."""
    if not mapped.flags.c_contiguous:
        return np.array(mapped[number])
    _, n, d = mapped.shape
    start = mapped.offset + number * n * d * mapped.itemsize
    return np.fromfile(file, mapped.dtype, n * d, offset=start).reshape(n, d)


def unread_notes(files: list[str | Path], known: Iterable[str] = NAMES) -> list[str]:
    """A sentence on the arrays of a file that are neither images nor texts, where there are any.

    known: names that are read, of labels too.
    """
    if len(files) > 1 or in_parts(files) or is_single(Path(files[0])):
        return []
    file = Path(files[0])
    others = [name for name in arrays_in(file) if name not in known]
    return (
        [f"{file.name}: not read, beside images and texts: {', '.join(others)}"] if others else []
    )


def named(arrays, name: str, known: list[str] | None = None):
    """One of a file's arrays; without it, an error that names those that there are."""
    known = list(arrays) if known is None else known
    if name not in known:
        raise ValueError(f"no array {name!r} among {', '.join(known) or 'none'}, expected {FORMS}")
    return arrays[name]


def read_safetensors(file: Path, name: str) -> np.ndarray:
    """One modality of a .safetensors file; bfloat16, which NumPy does not have, as float32."""
    with safetensors.safe_open(file, "numpy") as arrays:
        known = list(arrays.keys())
        kind = named({one: arrays.get_slice(one) for one in known}, name, known).get_dtype()
        if kind not in SAFETENSORS:
            raise ValueError(
                f"{name}: {kind} values, expected floating-point ones "
                f"({', '.join(SAFETENSORS)}); quantised embeddings must be dequantised first"
            )
        if kind != "BF16":
            return arrays.get_tensor(name)
    tensor = dict(safetensors.deserialize(file.read_bytes()))[name]
    array = np.frombuffer(tensor["data"], SAFETENSORS[kind])
    return (array.astype(np.uint32) << 16).view(np.float32).reshape(tensor["shape"])


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
