"""Embeddings that a user brings, in any of the usual file forms."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.lib.npyio import NpzFile
from safetensors import SafetensorError
from safetensors.numpy import load_file

from modality_gap.embeddings import check_pair

FORMS = ".npy of shape (2, n, d), .npz, .parquet or .safetensors with `images` and `texts`"


def read_precomputed(files: list[str | Path]) -> tuple[np.ndarray, np.ndarray]:
    """(images, texts), each of shape (n, d), float32, row i of one matching row i of the other.

    files: one file (.npy of shape (2, n, d): images, then texts; .npz or .safetensors with arrays
    `images` and `texts`; .parquet with list columns `images` and `texts`), or two .npy files of
    shape (n, d), images first. Nothing pickled is loaded.
    Raises ValueError, naming the file, for another form, differing widths or counts, NaN,
    infinity or a zero vector.
    """
    name = " and ".join(str(file) for file in files)
    for file in files:
        if not Path(file).is_file():
            raise FileNotFoundError(f"{file}: no such file of embeddings")
    try:
        images, texts = read_one(Path(files[0])) if len(files) == 1 else read_two(files)
    except (OSError, EOFError, KeyError, pa.ArrowException, SafetensorError) as error:
        raise ValueError(
            f"{name}: not readable as embeddings ({error}), expected {FORMS}"
        ) from error
    images, texts = (np.ascontiguousarray(array, dtype=np.float32) for array in (images, texts))
    try:
        check_pair(images, texts, paired=True)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    return images, texts


def read_two(files: list[str | Path]) -> tuple[np.ndarray, np.ndarray]:
    """A pair of .npy files."""
    return tuple(load_numpy(Path(file)) for file in files)


def read_one(file: Path) -> tuple[np.ndarray, np.ndarray]:
    """One file that holds both modalities."""
    if file.suffix == ".npy":
        array = load_numpy(file)
        if array.ndim != 3 or len(array) != 2:
            raise ValueError(f"{file}: shape {array.shape}, expected (2, n, d): images, then texts")
        return array[0], array[1]
    if file.suffix == ".npz":
        arrays = load_numpy(file)
        return arrays["images"], arrays["texts"]
    if file.suffix == ".safetensors":
        arrays = load_file(file)
        return arrays["images"], arrays["texts"]
    if file.suffix == ".parquet":
        table = pq.read_table(file, columns=["images", "texts"])
        return tuple(np.stack(table[name].to_numpy()) for name in ("images", "texts"))
    raise ValueError(f"{file}: unknown ending {file.suffix!r}, expected {FORMS}")


def load_numpy(file: Path) -> np.ndarray | NpzFile:
    """A .npy or .npz file, refused where it would need unpickling."""
    try:
        return np.load(file, allow_pickle=False)
    except ValueError as error:
        raise ValueError(f"{file}: not a {file.suffix} file of numbers ({error})") from error
