"""Corpora: every data source in one form, so that nothing downstream knows where data came from.

A corpus is two tables. `images.parquet` has a row an image: `image_id`, `image` (the bytes of a
PNG, JPEG or WebP file, or where it lies: a path, or a place in an archive of `archives.place`),
`split`, and any labels of the source. `captions.parquet` has a row a caption: `caption_id`,
`image_id`, `text`; an image's captions stand in their order of preference. A caption may be
`training_only`: what is measured does not see it. Those that are `matched` make, with their image,
the matched pairs that gap, loss and the like are measured on; recall counts every caption. `classes.yaml` names the classes that a column of
integers counts, and the source's prompt templates.
"""

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from PIL import Image, UnidentifiedImageError

from modality_gap.archives import read_place

IMAGE_COLUMNS = ("image_id", "image", "split")
CAPTION_COLUMNS = ("caption_id", "image_id", "text")


class Corpus(NamedTuple):
    """What a reader makes of a source.

    images, captions: the tables above. classes: `names` of the classes that an integer column
    counts, and prompt `templates` with {} for a name; None where the source has no classes.
    remarks: a line each on what was not read, or is not as one might expect: for the job's log.
    """

    images: pd.DataFrame
    captions: pd.DataFrame
    classes: dict[str, list[str]] | None = None
    remarks: Sequence[str] = ()


def class_captions(
    image_ids: pd.Series, classes: pd.Series, names: list[str], template: str
) -> pd.DataFrame:
    """Captions of images that a source gives classes alone: the class's prompt.

    classes: the class of each image, from 0; names: of the classes; template: {} for a name.
    """
    return pd.DataFrame(
        {
            "caption_id": [f"{image}#class" for image in image_ids],
            "image_id": list(image_ids),
            "text": [template.format(names[row]) for row in classes],
        }
    )


def first_images(corpus: Corpus, number: int) -> Corpus:
    """The first so many images of each split, with their captions."""
    images = corpus.images.groupby("split", sort=False).head(number).reset_index(drop=True)
    captions = corpus.captions[corpus.captions.image_id.isin(images.image_id)]
    return corpus._replace(images=images, captions=captions.reset_index(drop=True))


def check_corpus(images: pd.DataFrame, captions: pd.DataFrame, name: str) -> None:
    """Raise ValueError, naming the row, where the two tables are not a corpus."""
    for table, columns, part in (
        (images, IMAGE_COLUMNS, "images"),
        (captions, CAPTION_COLUMNS, "captions"),
    ):
        missing = [column for column in columns if column not in table]
        if missing:
            raise ValueError(f"{name}: {part} lack the column {missing[0]!r}")
        if table.empty:
            raise ValueError(f"{name}: no {part}, expected at least one")
        twice = table[columns[0]].duplicated()
        if twice.any():
            raise ValueError(
                f"{name}: {columns[0]} {table[columns[0]][twice].iloc[0]!r} occurs twice"
            )
    blank = ~captions.text.astype(str).str.contains(r"\S")
    if blank.any():
        raise ValueError(f"{name}: caption {captions.caption_id[blank].iloc[0]!r} has no text")
    without = ~images.image_id.isin(captions.image_id)
    if without.any():
        raise ValueError(f"{name}: image {images.image_id[without].iloc[0]!r} has no caption")
    strangers = ~captions.image_id.isin(images.image_id)
    if strangers.any():
        raise ValueError(
            f"{name}: caption {captions.caption_id[strangers].iloc[0]!r} belongs to no image"
        )


def mark_matched(captions: pd.DataFrame, choice: str, seed: int = 0) -> pd.DataFrame:
    """The captions with a boolean column `matched`: which of an image's captions is its own.

    choice: `first` or `last` of them, `random` (a hash of the image and the seed decides, so that
    more images never change it) or `all`. Captions that are for training only are not asked.
    """
    asked = captions
    if "training_only" in captions:
        asked = captions[~captions.training_only]
    places = asked.groupby("image_id", sort=False).cumcount()
    numbers = asked.groupby("image_id", sort=False).image_id.transform("size")
    if choice == "all":
        chosen = asked.index
    elif choice == "random":
        drawn = asked.image_id.map(
            {key: drawn_number(key, seed) for key in asked.image_id.unique()}
        )
        chosen = asked.index[places == drawn % numbers]
    elif choice in ("first", "last"):
        chosen = asked.index[places == (0 if choice == "first" else numbers - 1)]
    else:
        raise ValueError(f"matched caption {choice!r}, expected first, last, random or all")
    return captions.assign(matched=captions.index.isin(chosen))


def drawn_number(image_id: str, seed: int) -> int:
    """A random number below 2³² that is the image's own."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{image_id}".encode()).digest()[:4])


def write_corpus(
    folder: str | Path,
    corpus: Corpus,
    choice: str = "first",
    seed: int = 0,
    contents: str | None = None,
) -> None:
    """Write a checked corpus as `images.parquet`, `captions.parquet` and `classes.yaml`.

    choice, seed: which caption is matched with its image, see `mark_matched`. contents: a digest of
    the images that lie elsewhere, which makes another table of images where these are others.
    """
    check_corpus(corpus.images, corpus.captions, str(folder))
    captions = mark_matched(corpus.captions.reset_index(drop=True), choice, seed)
    table = pa.Table.from_pandas(corpus.images, preserve_index=False)
    if contents is not None:
        table = table.replace_schema_metadata(table.schema.metadata | {"contents": contents})
    # Small row groups let a reader of one split skip the images of the others.
    pq.write_table(table, Path(folder) / "images.parquet", row_group_size=1024)
    captions.to_parquet(Path(folder) / "captions.parquet", index=False)
    text = yaml.safe_dump(corpus.classes or {}, allow_unicode=True, sort_keys=False)
    (Path(folder) / "classes.yaml").write_text(text, encoding="utf-8")


def read_split(folder: str | Path, split: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Images and captions of one split (`all`: of every split), in the corpus's order.

    Raises ValueError where the split is empty, naming the splits that there are.
    """
    folder = Path(folder)
    filters = None if split == "all" else [("split", "==", split)]
    images = pd.read_parquet(folder / "images.parquet", filters=filters)
    if images.empty:
        splits = pd.read_parquet(folder / "images.parquet", columns=["split"]).split.unique()
        raise ValueError(f"{folder}: split {split!r} is empty, expected one of {sorted(splits)}")
    captions = pd.read_parquet(folder / "captions.parquet")
    return images.reset_index(drop=True), captions[captions.image_id.isin(images.image_id)]


def read_classes(folder: str | Path) -> dict[str, list[str]]:
    """Names of a corpus's classes and its prompt templates: `names`, `templates`, if it has them."""
    return yaml.safe_load((Path(folder) / "classes.yaml").read_text(encoding="utf-8")) or {}


def coinciding_names(names: Sequence[str]) -> list[str]:
    """One line that says which classes have the same name; no line where all names differ."""
    rows = {}
    for row, name in enumerate(names):
        rows.setdefault(name, []).append(str(row))
    same = [f"{name!r} ({', '.join(own)})" for name, own in rows.items() if len(own) > 1]
    if not same:
        return []
    return [f"classes with one name, which no prompt can tell apart: {', '.join(same)}"]


def class_names(labels: pd.Series, classes: dict[str, list[str]], column: str) -> pd.Series:
    """The class of each image by name; missing where the image has none.

    labels: a column of the images: names, or integers that count `classes["names"]`.
    """
    if not pd.api.types.is_integer_dtype(labels):
        return labels
    if "names" not in classes:
        raise ValueError(f"column {column!r} holds integers, expected names of classes for them")
    return labels.map(dict(enumerate(classes["names"])))


def distinct_texts(
    images: pd.DataFrame, captions: pd.DataFrame
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """The distinct captions, what belongs together, and which of that are matched pairs.

    captions: with the column `matched`. Returns the texts; (image row, text row) of every pair,
    shape (p, 2); and which of them are matched, bool, shape (p,). Pairs come in the order of the
    images, of an image the matched ones first, else in the order of its captions. Captions that are
    for training only are left out.
    """
    if "training_only" in captions:
        captions = captions[~captions.training_only]
    rows, texts = pd.factorize(captions.text)
    image_rows = pd.Index(images.image_id).get_indexer(captions.image_id)
    matched = captions.matched.to_numpy(dtype=bool)
    order = np.lexsort((~matched, image_rows))
    return list(texts), np.column_stack([image_rows, rows])[order], matched[order]


def decode(source: bytes | str, name: str) -> Image.Image:
    """An image of a corpus in RGB.

    source: as in the table's column `image`.
    Raises ValueError, naming the image, where it does not decode.
    """
    try:
        content = source if isinstance(source, bytes) else read_place(source)
        with Image.open(io.BytesIO(content)) as image:
            return image.convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        raise ValueError(
            f"image {name!r} does not decode ({error}), expected PNG, JPEG or WebP"
        ) from error


def check_classes(images: pd.DataFrame, corpus: str, label: str) -> None:
    """Raise ValueError where the images of a corpus have no column with this name of a class."""
    labels = [column for column in images if column not in IMAGE_COLUMNS]
    if label not in labels:
        raise ValueError(
            f"corpora.{corpus}.classes.label: no column {label!r}, "
            f"expected one of {', '.join(labels) or 'none'}"
        )
