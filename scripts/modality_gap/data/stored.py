"""Embeddings that stay on the disk, for files that are too large to hold both modalities of."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from modality_gap.data.embeddings import (
    ROWS_TOGETHER,
    check_embeddings,
    check_pair,
    matched_pairs,
    normalize,
    pair_rows,
    read_keys,
    read_normalized,
    read_units,
    sample_pairs,
)


class Stored:
    """Rows of unit length of a file of `write_embeddings`, read when they are asked for.

    Used as an array of shape (n, d), float32: `x[first:last]` and `x[rows]` are arrays of these
    rows; `x.take(rows, axis=0)` is another one, of these rows in this order. rows: those that it
    has; None: all of the file's. A row that could not be used is an error when it is read.
    """

    ndim, dtype = 2, np.dtype(np.float32)

    def __init__(self, path: str | Path, rows: np.ndarray | None = None):
        self.path, self.rows = path, rows
        self.file = pq.ParquetFile(path, page_checksum_verification=True)
        groups = range(self.file.num_row_groups)
        sizes = [self.file.metadata.row_group(group).num_rows for group in groups]
        self.starts = np.cumsum([0, *sizes])
        self.held = (-1, np.empty((0, 0)))

    def __len__(self) -> int:
        return int(self.starts[-1]) if self.rows is None else len(self.rows)

    @cached_property
    def shape(self) -> tuple[int, int]:
        """(n, d)."""
        return len(self), self.file.schema_arrow.field("embedding").type.list_size

    def __getitem__(self, key: slice | np.ndarray) -> np.ndarray:
        wanted = np.arange(len(self))[key] if isinstance(key, slice) else np.asarray(key)
        wanted = wanted if self.rows is None else self.rows[wanted]
        found = np.empty((len(wanted), self.shape[1]), dtype=self.dtype)
        groups = np.searchsorted(self.starts, wanted, side="right") - 1
        for group in np.unique(groups):
            here = groups == group
            found[here] = self.group(group)[wanted[here] - self.starts[group]]
        return found

    def take(self, rows: np.ndarray, axis: int = 0) -> "Stored":
        """These rows, in this order, still on the disk; axis: 0, as of an array."""
        return Stored(self.path, np.asarray(rows) if self.rows is None else self.rows[rows])

    def group(self, number: int) -> np.ndarray:
        """One of the file's groups of rows; the last one stays in memory."""
        if self.held[0] != number:
            self.held = (-1, np.empty((0, 0)))  # not two at a time
            column = self.file.read_row_group(number, columns=["embedding"]).column(0)
            rows = column.combine_chunks()
            matrix = rows.flatten().to_numpy(zero_copy_only=True).reshape(len(rows), -1)
            check_embeddings(matrix, f"{self.path}, from row {self.starts[number]}")
            self.held = (number, normalize(matrix))
        return self.held[1]


Rows = np.ndarray | Stored


def row_blocks(n: int, size: int = ROWS_TOGETHER) -> Iterator[slice]:
    """The rows of each block of an array of n, as many as a file has in a group."""
    return (slice(first, min(first + size, n)) for first in range(0, n, size))


def open_normalized(path: str | Path) -> tuple[Rows, list[str]]:
    """As `read_normalized`, of a file of more than one group of rows without reading them."""
    if pq.ParquetFile(path).num_row_groups == 1:
        return read_normalized(path)
    return Stored(path), read_keys(path)


def open_pairs(folder: str | Path) -> tuple[Rows, Rows, np.ndarray, np.ndarray]:
    """As `embeddings.read_pairs`, without reading the embeddings of large files."""
    folder = Path(folder)
    images, image_ids = open_normalized(folder / "images.parquet")
    texts, text_ids = open_normalized(folder / "texts.parquet")
    check_pair(images, texts)
    return images, texts, *pair_rows(folder / "pairs.parquet", image_ids, text_ids)


def read_sample(images: str | Path, number: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A random sample of the matched pairs that stand beside a file of images; see `read_matched`.

    Both of shape (number, d), or of as many as there are.
    """
    x, y, pairs, matched = open_pairs(Path(images).parent)
    rows = matched_pairs(pairs, matched)
    rows = rows[sample_pairs(len(rows), number, seed)]
    return x[rows[:, 0]], y[rows[:, 1]]


def read_pool(
    folder: str | Path, number: int, seed: int
) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray], list[str]]:
    """As `embeddings.read_pairs`, of a random sample of the images with the texts that belong to them.

    The fifth is the unit of each image, of `embeddings.read_units`. All where there are no more than
    so many images. The second says so, in a sentence.
    """
    images, texts, pairs, matched = open_pairs(folder)
    units = read_units(folder, pairs, len(images))
    if len(images) <= number:
        return (images[:], texts[:], pairs, matched, units), []
    chosen = np.isin(pairs[:, 0], sample_pairs(len(images), number, seed))
    image_rows, own_image = np.unique(pairs[chosen, 0], return_inverse=True)
    text_rows, own_text = np.unique(pairs[chosen, 1], return_inverse=True)
    told = (
        f"measured on {number:,} of {len(images):,} images, drawn with seed {seed}, and their "
        f"{len(text_rows):,} texts: neighbours are among these"
    )
    numbered = np.column_stack([own_image, own_text])
    own = np.unique(units[image_rows], return_inverse=True)[1]
    return (images[image_rows], texts[text_rows], numbered, matched[chosen], own), [told]
