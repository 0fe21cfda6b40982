"""A user's own images and captions, listed in a table."""

import ast
import hashlib
import json
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from modality_gap.data.corpora import Corpus
from modality_gap.data.text_table import DELIMITERS, check_columns, read_text_table
from modality_gap.data.watched import first_equal_files

ENDINGS = (*DELIMITERS, ".parquet")
# Names that a corpus uses itself.
TAKEN = ("image_id", "caption_id", "training_only")


def read_table(file: str | Path, items: str = "pictures") -> Corpus:
    """The corpus of a .csv, .tsv or .parquet table.

    The table has a row a caption, with columns `image` (a path, absolute or from the table's own
    folder; in Parquet also the picture's bytes, alone or as {bytes, path}, as the hub has them) and
    `caption` (in Parquet also a list of them), and, if wanted, `split` and any labels of the image.
    An image with several captions stands in several rows, or has them in a list. Without `split`,
    every image is in split `all`. Labels are text: cells are taken as they stand, an empty one is
    no label. What is left out is told in `remarks`; a column that cannot be a label, because an
    image has two values in it, is told in the attribute `unusable` of images.
    items: `pictures`, or `files` of any other kind, given as paths, which are not opened but to
    compare them: equal ones are one item. The attribute `items` of images says so.
    Raises ValueError, naming file and row, where something is missing or contradicts itself.
    """
    file, notes = Path(file), []
    if file.suffix.lower() not in ENDINGS:
        raise ValueError(f"{file}: unknown ending, expected one of {', '.join(ENDINGS)}")
    if file.suffix.lower() in DELIMITERS:
        columns = read_text_table(file)
        check_columns(list(columns), ["image", "caption"], file)
        columns["caption"] = [[text] for text in columns["caption"]]
    else:
        columns = read_parquet_columns(file, notes)
    return corpus_of(columns, file, notes, items)


def corpus_of(
    columns: dict[str, list], file: Path, notes: list[str], items: str = "pictures"
) -> Corpus:
    """The corpus of a table's columns, by name, as `read_table` says; notes: its remarks so far.

    Of `image` a cell is a path or (bytes, path or None), of `caption` a list of texts, of others a
    text or None.
    """
    for name in [name for name in TAKEN if name in columns]:
        del columns[name]
        notes.append(f"column {name!r} is left out: a corpus has one of this name itself")
    rows = as_rows(columns)
    if rows.empty:
        raise ValueError(f"{file}: no rows, expected a caption in each")
    check_cells(rows, file)
    rows["image_id"], codes = identify(rows, file)
    if items == "files":
        codes = equal_files(rows, codes, file, notes)
    images = one_row_each(rows, codes, file, notes)
    if items == "files":
        images.attrs["items"] = items
    captions = caption_rows(rows, images.image_id.to_numpy()[codes], notes)
    return Corpus(images, captions, remarks=notes)


def as_rows(columns: dict[str, list]) -> pd.DataFrame:
    """The columns of a table as they stand, an empty cell as None."""
    rows = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})
    return rows.mask(rows.map(lambda value: isinstance(value, str) and value == ""), None)


def check_cells(rows: pd.DataFrame, file: Path) -> None:
    """Raise ValueError, naming the row, where an image, a caption or a split is missing."""
    for column in [name for name in ("image", "split") if name in rows]:
        missing = rows[column].isna()
        if missing.any():
            raise ValueError(f"{file}: row {int(missing.argmax()) + 1} has no {column}")
    for row, texts in enumerate(rows.caption, start=1):
        if not texts or not all(isinstance(text, str) and text.strip() for text in texts):
            raise ValueError(f"{file}: row {row} has no caption, or an empty one")
        if len(texts) == 1 and is_written_list(texts[0]):
            raise ValueError(
                f"{file}: row {row} has a list written as text for a caption, {texts[0][:40]!r}; "
                "expected a row a caption, or a Parquet table with lists"
            )
    check_splits(rows, file)


def check_splits(rows: pd.DataFrame, file: Path) -> None:
    """Raise ValueError, naming the row, where a split's name could not be asked for."""
    splits = set(rows.split) if "split" in rows else set()
    padded = next((name for name in splits if name != name.strip()), None)
    if padded is not None:
        row = int((rows.split == padded).argmax()) + 1
        raise ValueError(f"{file}: row {row} has split {padded!r}, expected no spaces around it")
    if "all" in splits and len(splits) > 1:
        row = int((rows.split == "all").argmax()) + 1
        raise ValueError(
            f"{file}: row {row} has split 'all', which means every image, beside other splits"
        )


def is_written_list(text: str) -> bool:
    """Whether a text is Python or JSON for a list with texts in it."""
    text = text.strip()
    if text.startswith("array("):
        text = text[len("array(") : text.rfind("]") + 1]
    if text[:1] not in ("[", "("):
        return False
    try:
        value = ast.literal_eval(text.replace("null", "None"))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return isinstance(value, list | tuple) and any(isinstance(v, str | list) for v in value)


def identify(rows: pd.DataFrame, file: Path) -> tuple[list[str], np.ndarray]:
    """A name for the image of each row, and a number that is one for one image; from 0.

    Images are one where their paths lead to one place, or their bytes are equal. Rows' `image`
    becomes a path as seen from where the table is read, or bytes.
    """
    held = [image for image in rows.image]
    inside = [isinstance(image, tuple) for image in held]
    if any(inside):
        keys = [hashlib.sha256(content).digest() for content, _ in held]
        codes, _ = pd.factorize(np.array(keys, dtype=object))
        names = [path for _, path in held]
        pairs = set(zip(names, codes, strict=True))
        if None in names or not len(pairs) == len(set(names)) == len(set(codes)):
            # Pictures of one path may differ, as 0.jpg of several folders.
            firsts = np.unique(codes, return_index=True)[1]
            names = [f"row {firsts[code] + 1}" for code in codes]
        rows["image"] = [content for content, _ in held]
        return names, codes
    # As the table is named: a project that is moved finds its pictures where it is now.
    folder = "" if file.parent == Path() else str(file.parent)
    places = [os.path.join(folder, path) for path in held]
    # Not by its spelling: what follows a link may be elsewhere, and two may lead to one.
    codes, _ = pd.factorize(np.array([os.path.realpath(place) for place in places], dtype=object))
    for row in np.unique(codes, return_index=True)[1]:
        if not os.path.isfile(places[row]):
            raise FileNotFoundError(
                f"{file}: row {row + 1}: no such image {held[row]} ({places[row]})"
            )
    rows["image"] = places
    return list(held), codes


def equal_files(rows: pd.DataFrame, codes: np.ndarray, file: Path, notes: list[str]) -> np.ndarray:
    """Codes of `identify` that are one for files that hold the same; how many did, to the notes.

    Raises ValueError, naming the row, where a file is empty, or not given by its path.
    """
    firsts = np.unique(codes, return_index=True)[1]
    places = list(rows.image.iloc[firsts])
    for row, place in zip(firsts, places, strict=True):
        if not isinstance(place, str):
            raise ValueError(
                f"{file}: row {row + 1} holds an item itself, expected its path (`items: files`)"
            )
        if os.path.getsize(place) == 0:
            raise ValueError(f"{file}: row {row + 1}: {rows.image_id[row]} is empty ({place})")
    kinds = Counter(Path(place).suffix or "without an ending" for place in places)
    told = ", ".join(f"{number:,} {kind}" for kind, number in sorted(kinds.items()))
    notes.append(f"{file}: files that are no pictures ({told}): no figure shows examples of them")
    first = np.array(first_equal_files(places))
    copies = np.flatnonzero(first != np.arange(len(first)))
    if len(copies):
        copy, own = (rows.image_id[firsts[row]] for row in (copies[0], first[copies[0]]))
        notes.append(
            f"{file}: {len(copies):,} files hold what another one does, such as {copy} what {own}: "
            "one item"
        )
    return pd.factorize(first[codes])[0]


def one_row_each(
    rows: pd.DataFrame, codes: np.ndarray, file: Path, notes: list[str]
) -> pd.DataFrame:
    """The table of images: their first rows, checked against the others; columns as a corpus has."""
    firsts = np.unique(codes, return_index=True)[1]
    images = rows.drop(columns="caption").iloc[firsts].reset_index(drop=True)
    unusable = {}
    for column in images.columns.drop(["image", "image_id"]):
        values = rows[column]
        first = values.iloc[firsts[codes]].reset_index(drop=True)
        differ = (values != first) & ~(values.isna() & first.isna())
        if not differ.any():
            continue
        row, other = int(differ.argmax()), int(firsts[codes[differ.argmax()]])
        told = (
            f"image {images.image_id[codes[row]]!r} has {column} {values[other]!r} in row "
            f"{other + 1} and {values[row]!r} in row {row + 1}"
        )
        if column == "split":
            raise ValueError(f"{file}: {told}, expected one split for an image")
        unusable[column] = f"{file}: {told}: a label of images has one value for each"
        notes.append(f"column {column!r} is of captions, not of images, and left out ({told})")
        images = images.drop(columns=column)
    if "split" not in images:
        images["split"] = "all"
    images.attrs["unusable"] = unusable
    return images


def caption_rows(rows: pd.DataFrame, image_ids: np.ndarray, notes: list[str]) -> pd.DataFrame:
    """The table of captions, in the order of the rows; a repeated caption of an image once."""
    own = [
        (image, text)
        for image, texts in zip(image_ids, rows.caption, strict=True)
        for text in texts
    ]
    captions = pd.DataFrame(own, columns=["image_id", "text"])
    repeated = captions.duplicated()
    if repeated.any():
        notes.append(
            f"{int(repeated.sum()):,} rows repeat an image with the same caption: taken once"
        )
    ids = [f"{image}#{row}" for row, image in enumerate(captions.image_id)]
    captions.insert(0, "caption_id", ids)
    return captions[~repeated].reset_index(drop=True)


def read_parquet_columns(file: Path, notes: list[str]) -> dict[str, list]:
    """The columns of a Parquet table, by name; images as paths or (bytes, path), captions as lists."""
    try:
        table = pq.read_table(file)
    except (pa.ArrowException, OSError) as error:
        raise ValueError(f"{file}: damaged, or no Parquet table ({error})") from error
    check_columns(table.column_names, ["image", "caption"], file)
    return cells_of(table, file, notes)


def cells_of(table: pa.Table, file: Path, notes: list[str]) -> dict[str, list]:
    """The columns of an Arrow table that can be used, by name, in the form of `corpus_of`."""
    names, found = class_names_of(table.schema), {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_dictionary(column.type):
            column = column.cast(column.type.value_type)
        if name == "image":
            found[name] = image_cells(column, file)
        elif name == "caption":
            found[name] = caption_cells(column, file)
        else:
            found |= label_cells(name, column, names.get(name), file, notes)
    return found


def class_names_of(schema: pa.Schema) -> dict[str, list[str]]:
    """The names of the classes that columns of whole numbers count, as the hub's tables tell them."""
    told = (schema.metadata or {}).get(b"huggingface", b"{}")
    try:
        features = json.loads(told)["info"]["features"].items()
        return {
            name: feature["names"]
            for name, feature in features
            if isinstance(feature, dict) and feature.get("_type") == "ClassLabel"
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}  # other metadata than the hub's: columns are what they hold


def is_text(kind: pa.DataType) -> bool:
    """Whether a column holds text."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or kind == pa.string_view()


def is_bytes(kind: pa.DataType) -> bool:
    """Whether a column holds bytes."""
    return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)


def image_cells(column: pa.ChunkedArray, file: Path) -> list:
    """Paths, or (bytes, path or None), of a Parquet column; None where there is nothing."""
    kind = column.type
    if is_text(kind):
        return column.to_pylist()
    if is_bytes(kind):
        return [None if value is None else (value, None) for value in column.to_pylist()]
    fields = {field.name: field.type for field in kind} if pa.types.is_struct(kind) else {}
    if "bytes" not in fields or not is_bytes(fields["bytes"]):
        raise ValueError(
            f"{file}: column 'image' holds {kind}, expected paths, bytes, or bytes with a path"
        )
    cells = column.to_pylist()
    if cells and all(
        cell is None or (cell["bytes"] is None and cell.get("path")) for cell in cells
    ):
        return [cell and cell["path"] for cell in cells]
    for row, cell in enumerate(cells, start=1):
        if cell is not None and cell["bytes"] is None:
            raise ValueError(
                f"{file}: row {row} has an image without bytes (path {cell.get('path')!r}): "
                "expected them in each row, or a path in each and no bytes"
            )
    return [None if cell is None else (cell["bytes"], cell.get("path")) for cell in cells]


def caption_cells(column: pa.ChunkedArray, file: Path) -> list[list[str]]:
    """The captions of each row of a Parquet column, which holds a text or a list of texts a row."""
    kind = column.type
    if is_text(kind):
        return [[text] for text in column.to_pylist()]
    listed = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    if (listed or pa.types.is_fixed_size_list(kind)) and is_text(kind.value_type):
        return column.to_pylist()
    raise ValueError(f"{file}: column 'caption' holds {kind}, expected text, or lists of texts")


def label_cells(
    name: str,
    column: pa.ChunkedArray,
    classes: list[str] | None,
    file: Path,
    notes: list[str],
) -> dict[str, list[str | None]]:
    """A Parquet column of labels as text, by its name; nothing where it holds no labels.

    classes: the names that whole numbers count, −1 being none of them.
    """
    kind = column.type
    if name == "split" and not (is_text(kind) or pa.types.is_integer(kind)):
        raise ValueError(f"{file}: column 'split' holds {kind}, expected text")
    if pa.types.is_nested(kind) or is_bytes(kind):
        notes.append(f"column {name!r} is left out: it holds {kind}, labels are text or numbers")
        return {}
    cells = [None if value is None or value != value else value for value in column.to_pylist()]
    if classes is not None and pa.types.is_integer(kind):
        twice = [row for row, one in enumerate(classes) if one in classes[:row]]
        if twice:
            first = classes.index(classes[twice[0]])
            raise ValueError(
                f"{file}: column {name!r}: classes {first} and {twice[0]} are both named "
                f"{classes[first]!r}, expected a name for each"
            )
        for row, value in enumerate(cells, start=1):
            if value is not None and not -1 <= value < len(classes):
                raise ValueError(
                    f"{file}: row {row} has {name} {value}, expected one of {len(classes)} classes"
                )
        notes.append(f"column {name!r} is read as the names of its {len(classes)} classes")
        return {name: [None if value in (None, -1) else classes[value] for value in cells]}
    if pa.types.is_floating(kind):
        known = [value for value in cells if value is not None]
        if known and all(float(value).is_integer() for value in known):
            notes.append(f"column {name!r} holds whole numbers as {kind}: read without a point")
            cells = [None if value is None else int(value) for value in cells]
        elif pa.types.is_float32(kind):
            cells = [None if value is None else np.float32(value) for value in cells]
    return {name: [None if value is None else str(value) for value in cells]}
