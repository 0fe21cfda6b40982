"""What is known of the rows of a user's arrays: a corpus without pictures."""

import re
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from modality_gap.data.corpora import Corpus
from modality_gap.data.corpora.table import (
    ENDINGS,
    TAKEN,
    as_rows,
    check_splits,
    class_names_of,
    label_cells,
)
from modality_gap.data.text_table import DELIMITERS, check_columns, read_text_table

PART = re.compile(r"metadata_([0-9]+)\.parquet")
# A class is asked for by its name, whose embedding the user brings.
CLASSES = {"templates": ["{}"]}


def read_arrays(
    file: str | Path | list[str], texts: str | Path | None = None, captioned_by: str | None = None
) -> Corpus:
    """The corpus that arrays hold embeddings of, in their order; its images have no pictures.

    file: .csv, .tsv or .parquet with a row an image, .npz with an array a column; or several, the
    metadata of clip-retrieval. Of its columns `image` names it (default: its
    row, from 0), `split` says its split (default: `all`), all others are labels, as of
    `table.read_table`; any may be there or not. texts: such a table with a row a text and columns
    `image` (the one that it belongs to) and, if its words are known, `caption`. Without it, every
    image has one text, row i that of row i; captioned_by: the column of `file` that holds its words,
    by default `caption` if there is one. A text whose words are not known is None.
    Raises ValueError, naming file and row, where something is missing or contradicts itself.
    """
    notes = []
    if isinstance(file, list):
        rows, file = read_metadata(file, notes), Path(file[0]).parent
    else:
        rows = read_rows(Path(file), notes)
    if rows.empty:
        raise ValueError(f"{file}: no rows, expected one for each image")
    check_splits_known(rows, Path(file))
    ids = image_ids(rows, file)
    images = rows.drop(columns="image", errors="ignore").assign(image=None)
    images.insert(0, "image_id", ids)
    if "split" not in images:
        images["split"] = "all"
    if texts is not None:
        captions = read_texts(Path(texts), ids, notes)
    else:
        captions = pd.DataFrame({"image_id": ids, "text": own_words(rows, captioned_by, file)})
    captions.insert(0, "caption_id", [f"text {row}" for row in range(len(captions))])
    return Corpus(images, captions, CLASSES, notes)


def read_rows(file: Path, notes: list[str]) -> pd.DataFrame:
    """The columns of a table as text, None where a cell is empty; what is left out goes to notes."""
    ending = file.suffix.lower()
    if ending in DELIMITERS:
        columns = read_text_table(file)
    elif ending == ".npz":
        columns = read_npz_labels(file, notes)
    elif ending in ENDINGS:
        columns = read_parquet_labels(file, notes)
    else:
        raise ValueError(f"{file}: unknown ending, expected one of {', '.join(ENDINGS)}, .npz")
    for name in [name for name in TAKEN if name in columns]:
        del columns[name]
        notes.append(f"column {name!r} is left out: a corpus has one of this name itself")
    return as_rows(columns)


def read_metadata(files: list[str], notes: list[str]) -> pd.DataFrame:
    """The rows of clip-retrieval's metadata_0.parquet and so on, in the order of their numbers."""
    numbered = {}
    for file in map(Path, files):
        number = PART.fullmatch(file.name)
        if number is None:
            raise ValueError(
                f"{file}: no number in its name, expected metadata_0.parquet and so on"
            )
        numbered[int(number[1])] = file
    told: list[str] = []
    parts = [read_rows(numbered[number], told) for number in sorted(numbered)]
    notes += list(dict.fromkeys(told))
    rows = pd.concat(parts, ignore_index=True).astype(object)
    rows = rows.where(rows.notna(), None)
    return rows if "image" in rows else rows.rename(columns={"image_path": "image"})


def read_parquet_labels(file: Path, notes: list[str]) -> dict[str, list[str | None]]:
    """The columns of a Parquet table that hold no lists, as text."""
    try:
        table = pq.read_table(file)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{file}: damaged, or no Parquet table ({error})") from error
    names, found = class_names_of(table.schema), {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        found |= label_cells(name, column, names.get(name), file, notes)
    return found


def read_npz_labels(file: Path, notes: list[str]) -> dict[str, list[str | None]]:
    """The arrays of shape (n,) of an .npz file, words or whole numbers or flags, as text."""
    try:
        with np.load(file, allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays}
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise ValueError(f"{file}: not readable as labels ({error})") from error
    labels = {
        name: array
        for name, array in found.items()
        if array.ndim == 1 and array.dtype.kind in "Uiub"
    }
    others = [name for name in found if name not in labels]
    if others:
        notes.append(
            f"arrays {', '.join(others)} are left out of labels: these are words or whole numbers (n,)"
        )
    lengths = {name: len(array) for name, array in labels.items()}
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{name} {length:,}" for name, length in lengths.items())
        raise ValueError(
            f"{file}: labels of other numbers of rows ({told}), expected a row an image"
        )
    return {name: list(map(str, array)) for name, array in labels.items()}


def check_splits_known(rows: pd.DataFrame, file: Path) -> None:
    """Raise ValueError, naming the row, where an image has no split, or one that cannot be asked for."""
    if "split" in rows and rows.split.isna().any():
        raise ValueError(f"{file}: row {int(rows.split.isna().argmax()) + 1} has no split")
    check_splits(rows, file)


def image_ids(rows: pd.DataFrame, file: str | Path) -> list[str]:
    """A name of the image of each row, by the column `image` or by its place."""
    if "image" not in rows:
        return [str(row) for row in range(len(rows))]
    if rows.image.isna().any():
        raise ValueError(f"{file}: row {int(rows.image.isna().argmax()) + 1} has no image")
    twice = rows.image.duplicated()
    if twice.any():
        row = int(twice.argmax())
        first = int((rows.image == rows.image[row]).argmax())
        raise ValueError(
            f"{file}: rows {first + 1} and {row + 1} are both of image {rows.image[row]!r}, expected "
            "a row an image: texts have a table of their own"
        )
    return list(rows.image)


def own_words(rows: pd.DataFrame, column: str | None, file: str | Path) -> list[str | None]:
    """The words of each image's one text; None where no column has them."""
    if column is None and "caption" not in rows:
        return [None] * len(rows)
    column = column or "caption"
    check_columns(list(rows), [column], file)
    check_words(rows[column], column, file)
    return list(rows[column])


def check_words(words: pd.Series, column: str, file: str | Path) -> None:
    """Raise ValueError, naming the row, where a text has no words."""
    blank = ~words.map(lambda cell: bool(cell and cell.strip())).astype(bool)
    if blank.any():
        row = int(blank.argmax()) + 1
        raise ValueError(f"{file}: row {row} has no {column}, expected the words of its text")


def read_texts(file: Path, ids: list[str], notes: list[str]) -> pd.DataFrame:
    """The table of captions, a row a text: the image that it belongs to, and its words if known."""
    rows = read_rows(file, notes)
    check_columns(list(rows), ["image"], file)
    others = [name for name in rows if name not in ("image", "caption")]
    if others:
        notes.append(f"columns of texts that nothing reads: {', '.join(others)}")
    strange = ~rows.image.isin(set(ids))
    if strange.any():
        row = int(strange.argmax())
        raise ValueError(
            f"{file}: row {row + 1} belongs to image {rows.image[row]!r}, expected one of the "
            f"{len(ids):,} images, from {ids[0]!r} to {ids[-1]!r}"
        )
    without = set(ids) - set(rows.image)
    if without:
        first = next(image for image in ids if image in without)
        raise ValueError(f"{file}: no text belongs to image {first!r}, expected one at least")
    if "caption" in rows:
        check_words(rows.caption, "caption", file)
    return pd.DataFrame({"image_id": rows.image, "text": rows.get("caption")})
