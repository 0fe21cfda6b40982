"""Embeddings: their one file form, and the checks that every measure relies on."""

import json
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

METADATA_KEY = b"modality_gap"
ATTRIBUTES_KEY = b"PANDAS_ATTRS"  # where pandas keeps the attributes of a table
ROWS_TOGETHER = 2**16  # of a file, which are read at once
NEARLY = 1e-5  # of unit length: what rounding of float32 leaves, and no two items do


class UndefinedError(ValueError):
    """What these embeddings do not define, as a direction of a gap that is zero; it says why."""


def check_embeddings(embeddings: np.ndarray, name: str) -> None:
    """Raise ValueError, naming the row, where an embedding could not be used.

    embeddings: shape (n, d), n and d at least 1, every value finite, no zero vector.
    """
    if embeddings.ndim != 2 or 0 in embeddings.shape:
        raise ValueError(f"{name}: expected a non-empty array (n, d), got shape {embeddings.shape}")
    if not np.issubdtype(embeddings.dtype, np.floating):
        raise ValueError(f"{name}: expected floating-point values, got {embeddings.dtype}")
    squared_lengths = np.einsum("nd,nd->n", embeddings, embeddings, dtype=np.float64)
    if not np.isfinite(squared_lengths).all():
        row = int(np.argmin(np.isfinite(squared_lengths)))
        raise ValueError(f"{name}: row {row} holds NaN or infinity, expected finite values")
    if (squared_lengths == 0).any():
        row = int(np.argmax(squared_lengths == 0))
        raise ValueError(f"{name}: row {row} is a zero vector, which has no direction")


def check_pair(images: np.ndarray, texts: np.ndarray, paired: bool = False) -> None:
    """Raise ValueError unless the two modalities share their width (and, if paired, their count).

    images, texts: shape (n, d) and (m, d); rows on the disk are checked when they are read.
    """
    for name, rows in (("images", images), ("texts", texts)):
        if isinstance(rows, np.ndarray):
            check_embeddings(rows, name)
    check_shapes(images.shape, texts.shape, paired)


def check_shapes(
    images: tuple[int, int] | None, texts: tuple[int, int], paired: bool = True
) -> None:
    """As `check_pair`, of shapes (n, d) and (m, d); nothing where those of images are not known yet."""
    if images is None:
        return
    if images[1] != texts[1]:
        raise ValueError(f"images are {images[1]} wide and texts {texts[1]}, expected one width")
    if paired and images[0] != texts[0]:
        raise ValueError(
            f"{images[0]} images and {texts[0]} texts, expected as many of each: row i of both is "
            "a pair, and an image with several captions stands in several rows"
        )


def normalize(embeddings: np.ndarray) -> np.ndarray:
    """Rows scaled to unit length, in the precision they came in; shape (n, d) in and out.

    A row of zeros, which `check_embeddings` refuses of what is read, stays one.
    """
    lengths = np.sqrt(np.einsum("nd,nd->n", embeddings, embeddings, dtype=np.float64))
    lengths[lengths == 0] = 1
    return embeddings / lengths.astype(embeddings.dtype)[:, None]


def first_equal_rows(rows: np.ndarray) -> np.ndarray:
    """For each row the first one that equals it, shape (n,); rows: shape (n, d). −0 equals 0.

    Products with equal rows may differ in their last bits, by where they stand in a matrix.
    """
    first = {}
    # A digest of 128 bits stands for its row: two rows that share one by chance are not to be met.
    digests = (blake2b((row + 0).tobytes(), digest_size=16).digest() for row in rows)
    places = (first.setdefault(digest, place) for place, digest in enumerate(digests))
    return np.fromiter(places, dtype=int, count=len(rows))


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


def write_embeddings(
    path: str | Path, key: str, keys: list[str], embeddings: np.ndarray, metadata: dict
) -> None:
    """Write raw (not normalised) embeddings as Parquet, one row an item.

    key: name of the identifying column, `image_id` or `text_id`; keys: its n values.
    embeddings: shape (n, d), stored as float32. metadata: JSON values kept in the file's schema
    (model, SHA-256 of the weights, preprocessing, versions).
    """
    check_embeddings(embeddings, str(path))
    if len(keys) != len(embeddings):
        raise ValueError(f"{path}: {len(keys)} {key}s for {len(embeddings)} embeddings")
    flat = pa.array(np.ascontiguousarray(embeddings, dtype=np.float32).ravel())
    columns = {
        key: pa.array(keys, pa.string()),
        "embedding": pa.FixedSizeListArray.from_arrays(flat, embeddings.shape[1]),
    }
    schema_metadata = {METADATA_KEY: json.dumps(metadata, sort_keys=True)}
    table = pa.table(columns).replace_schema_metadata(schema_metadata)
    # Of one group of rows, reading gives one contiguous buffer: the matrix, without a copy.
    layout = {"row_group_size": ROWS_TOGETHER, "use_dictionary": False}
    pq.write_table(table, path, **layout, write_page_checksum=True)


def read_embeddings(path: str | Path) -> tuple[np.ndarray, list[str]]:
    """The matrix of shape (n, d), float32, and the n keys, of a file of `write_embeddings`.

    Raises OSError where a byte of it is another one than was written.
    """
    table = pq.read_table(path, page_checksum_verification=True)
    column = table.column("embedding").combine_chunks()
    matrix = column.flatten().to_numpy(zero_copy_only=True).reshape(len(column), -1)
    check_embeddings(matrix, str(path))
    return matrix, table.column(0).to_pylist()


def read_keys(path: str | Path) -> list[str]:
    """The n keys of a file of `write_embeddings`, without its matrix."""
    return pq.read_table(path, columns=[pq.read_schema(path).names[0]]).column(0).to_pylist()


def read_normalized(path: str | Path) -> tuple[np.ndarray, list[str]]:
    """As `read_embeddings`, rows of unit length; the raw matrix is gone on return."""
    matrix, keys = read_embeddings(path)
    return normalize(matrix), keys


def read_metadata(path: str | Path) -> dict:
    """What `write_embeddings` was told of the encoder."""
    return json.loads(pq.read_schema(path).metadata[METADATA_KEY])


def read_remarks(path: str | Path) -> list[str]:
    """What the job that wrote a table says that it left out, merged or cut; a sentence each."""
    metadata = pq.read_schema(path).metadata or {}
    told = (json.loads(metadata.get(key, b"{}")) for key in (METADATA_KEY, ATTRIBUTES_KEY))
    return [remark for said in told for remark in said.get("remarks", [])]


def read_pairs(folder: str | Path) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Normalised images (n, d), texts (m, d), what belongs together, and what is a matched pair.

    folder: holds `images.parquet`, `texts.parquet` (each distinct caption once) and
    `pairs.parquet` (image_id, text_id, matched). The third are (image row, text row) of every pair,
    shape (p, 2), in the order of the images, an image's matched ones first; the last says which of
    them are matched, bool, shape (p,).
    """
    folder = Path(folder)
    images, image_ids = read_normalized(folder / "images.parquet")
    texts, text_ids = read_normalized(folder / "texts.parquet")
    check_pair(images, texts)
    return images, texts, *pair_rows(folder / "pairs.parquet", image_ids, text_ids)


def pair_rows(
    path: str | Path, image_ids: list[str], text_ids: list[str]
) -> tuple[np.ndarray, np.ndarray]:
    """The last two of `read_pairs`; ids: of the rows of images and of texts."""
    pairs = pq.read_table(path)
    image_rows = pa.compute.index_in(pairs["image_id"], pa.array(image_ids)).to_numpy()
    text_rows = pa.compute.index_in(pairs["text_id"], pa.array(text_ids)).to_numpy()
    matched = pairs["matched"].to_numpy().astype(bool)
    return np.column_stack([image_rows, text_rows]), matched


def read_units(folder: str | Path, pairs: np.ndarray, images: int) -> np.ndarray:
    """Which images are not independent: the unit of each, numbered from 0, shape (images,).

    folder, pairs: of `read_pairs`. The column `unit` of its pairs, where the corpus says it; an image
    whose unit nothing says is its own.
    """
    path = Path(folder) / "pairs.parquet"
    units = np.arange(images)
    if "unit" in pq.read_schema(path).names:
        column = pq.read_table(path, columns=["unit"]).column(0).combine_chunks()
        units += images
        units[pairs[:, 0]] = column.dictionary_encode().indices.to_numpy()
        units = np.unique(units, return_inverse=True)[1]
    return units


def matched_pairs(pairs: np.ndarray, matched: np.ndarray) -> np.ndarray:
    """The matched pairs that the papers measure on: each image with its caption, or with all of them.

    pairs: (image row, text row), shape (p, 2); matched: which of them, bool, shape (p,), as the key
    `matched_caption` of a corpus chose them. Returns shape (k, 2), ordered by image.
    """
    chosen = pairs[matched]
    return chosen[np.argsort(chosen[:, 0], kind="stable")]


def read_matched(folder: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Normalised images and texts of the matched pairs, both of shape (k, d); see `read_pairs`."""
    images, texts, pairs, matched = read_pairs(folder)
    rows = matched_pairs(pairs, matched)
    return images[rows[:, 0]], texts[rows[:, 1]]


def sample_pairs(n: int, number: int, seed: int) -> np.ndarray:
    """Ascending rows of a random sample of n pairs, without repetition; all where n is smaller."""
    return np.sort(np.random.default_rng(seed).choice(n, min(n, number), replace=False))
