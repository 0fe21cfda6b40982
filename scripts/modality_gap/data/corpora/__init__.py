"""Corpora: every data source in one form, so that nothing downstream knows where data came from.

A corpus is two tables. `images.parquet` has a row an image: `image_id`, `image` (the bytes of a
PNG, JPEG or WebP file, or where it lies: a path, or a place in an archive of `archives.place`;
missing where only its embedding is known),
`split`, and any labels of the source. Images of one value of the label `unit` are not independent
(drawings of one concept, frames of one film): intervals count units; without it each image is its
own, and equal pictures are one (`with_units`). `captions.parquet` has a row a caption: `caption_id`,
`image_id`, `text` (missing in all rows where only embeddings of texts are known); an image's captions
stand in their order of preference. A caption may be
`training_only`: what is measured does not see it. Those that are `matched` make, with their image,
the matched pairs that gap, loss and the like are measured on; recall counts every caption. What a
reader left out or merged is told in the attribute `remarks` of images, a sentence each; their
attribute `items` is `files` where these are no pictures.
`classes.yaml` names the classes that a column of
integers counts, and the source's prompt templates.
"""

import hashlib
import io
import json
import struct
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import yaml
from PIL import ExifTags, Image, UnidentifiedImageError

from modality_gap.data.archives import read_place
from modality_gap.data.embeddings import ATTRIBUTES_KEY

IMAGE_COLUMNS = ("image_id", "image", "split")
EXPECTED = "expected PNG, JPEG or WebP"
CAPTION_COLUMNS = ("caption_id", "image_id", "text")
WHITE_IS_ZERO = 262  # TIFF's tag, with the value 0
# What undoes each EXIF orientation.
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Corpus(NamedTuple):
    """What a reader makes of a source.

    images, captions: the tables above. classes: `names` of the classes that an integer column
    counts, and prompt `templates` with {} for a name; None where the source has no classes.
    remarks: a sentence each on what was left out, merged, or is not as one might expect.
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
            "text": [template.replace("{}", names[row]) for row in classes],
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
    if "unit" in images.attrs.get("unusable", {}):
        raise ValueError(images.attrs["unusable"]["unit"])
    if "unit" in images and images.unit.isna().any():
        image = images.image_id[images.unit.isna()].iloc[0]
        raise ValueError(f"{name}: image {image!r} has no unit, expected one for each or no column")
    blank = ~captions.text.astype(str).str.contains(r"\S")
    # Of arrays, the words of no text may be known.
    if blank.any() and captions.text.notna().any():
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


def matched_alone(captions: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The matched captions and those for training only, and a sentence on how many others there were."""
    kept = captions.matched
    if "training_only" in captions:
        kept = kept | captions.training_only
    number = int((~kept).sum())
    told = f"{number:,} captions are left out: each image is measured with its matched one alone"
    return captions[kept].reset_index(drop=True), [told] if number else []


def drawn_number(image_id: str, seed: int) -> int:
    """A random number below 2³² that is the image's own."""
    return int.from_bytes(hashlib.sha256(f"{seed}:{image_id}".encode()).digest()[:4])


def write_corpus(
    folder: str | Path,
    corpus: Corpus,
    choice: str = "first",
    seed: int = 0,
    contents: str | None = None,
    only: bool = False,
) -> None:
    """Write a checked corpus as `images.parquet`, `captions.parquet` and `classes.yaml`.

    choice, seed: which caption is matched with its image, see `mark_matched`; only: whether the others
    are left out. contents: a digest of the images that lie elsewhere, which makes another table of
    images where these are others.
    """
    check_corpus(corpus.images, corpus.captions, str(folder))
    captions = mark_matched(corpus.captions.reset_index(drop=True), choice, seed)
    captions, left_out = matched_alone(captions) if only else (captions, [])
    images, copies = with_units(corpus.images)
    images.attrs["remarks"] = [*corpus.remarks, *left_out, *copies]
    table = pa.Table.from_pandas(images, preserve_index=False)
    # Attributes where pandas itself writes them, and `read_remarks` looks.
    facts = {ATTRIBUTES_KEY: json.dumps(images.attrs)}
    if contents is not None:
        facts["contents"] = contents
    table = table.replace_schema_metadata(table.schema.metadata | facts)
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


def pair_table(
    images: pd.DataFrame,
    text_ids: list[str],
    texts: list[str],
    pairs: np.ndarray,
    matched: np.ndarray,
) -> pd.DataFrame:
    """The table of pairs that stands beside embeddings: image_id, text_id, text, matched, unit.

    texts, pairs, matched: of `distinct_texts`; text_ids: of the texts. `unit`, of the pair's image,
    where the corpus says which images are not independent.
    """
    image_rows, text_rows = pairs.T
    table = {
        "image_id": images.image_id.to_numpy()[image_rows],
        "text_id": np.array(text_ids, dtype=object)[text_rows],
        "text": np.array(texts, dtype=object)[text_rows],
        "matched": matched,
    }
    if "unit" in images:
        table["unit"] = images.unit.to_numpy()[image_rows]
    return pd.DataFrame(table)


def with_units(images: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """The images with the label `unit` where some are one picture, and a sentence on how many are.

    Images are one picture where their bytes, or the places where they lie, are the same. A source that
    says itself what its units are is taken at its word.
    """
    if "unit" in images or images.image.isna().any() or not images.image.duplicated().any():
        return images, []
    codes = pd.factorize(images.image)[0]
    firsts = np.unique(codes, return_index=True)[1]
    told = (
        f"{len(images) - len(firsts):,} of {len(images):,} images show the picture of another: "
        f"intervals count {len(firsts):,} pictures"
    )
    return images.assign(unit=images.image_id.to_numpy()[firsts][codes]), [told]


def units_of(images: pd.DataFrame) -> np.ndarray | None:
    """The unit of each image, shape (n,), None where each is its own; images: rows of a corpus's table."""
    return images.unit.to_numpy() if "unit" in images else None


def decode(source: bytes | str, name: str) -> Image.Image:
    """An image of a corpus in RGB, as a viewer shows it.

    source: as in the table's column `image`. It is turned as its EXIF orientation says, a transparent
    one stands on white, of an animation the first frame is taken, and 16-bit grey keeps its upper 8
    bits. Raises ValueError, naming the image, where it does not decode, has more than 179 million
    pixels, or pixels that no viewer shows alike (32-bit numbers).
    """
    content = source if isinstance(source, bytes) else read_place(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            warnings.filterwarnings("ignore", "Corrupt EXIF data")
            image = Image.open(io.BytesIO(content))
            # Whole, before anything is asked of it: what is damaged must not pass for read, and a
            # TIFF is turned by Pillow as it loads.
            image.load()
            turn = TURNS.get(orientation_of(image))
    except Image.DecompressionBombError as error:
        limit = 2 * Image.MAX_IMAGE_PIXELS
        raise ValueError(
            f"image {name!r} is too large ({error}), expected at most {limit:,} pixels: make it smaller"
        ) from error
    except UnidentifiedImageError as error:
        raise ValueError(
            f"image {name!r} does not decode (no kind of picture that is known), {EXPECTED}"
        ) from error
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"image {name!r} does not decode ({reason}), {EXPECTED}") from error
    shown = in_colour(image, name)
    return shown if turn is None else shown.transpose(turn)


def orientation_of(image: Image.Image) -> int:
    """EXIF's orientation of a picture, 1 (as it is) where a damaged EXIF does not say it."""
    try:
        return image.getexif().get(ExifTags.Base.Orientation, 1)
    except (SyntaxError, ValueError, OSError, struct.error, KeyError, TypeError):
        return 1


def in_colour(image: Image.Image, name: str) -> Image.Image:
    """The image in RGB, what is transparent on white."""
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format in ("PNG", "PPM")):
        # Pillow would cut every value at 255 instead.
        values = (np.asarray(image).astype(np.uint32) >> 8).astype(np.uint8)
        # A TIFF may count from white down.
        counted_down = getattr(image, "tag_v2", {}).get(WHITE_IS_ZERO) == 0
        grey = Image.fromarray(255 - values if counted_down else values)
        mask = image.info.get("transparency")
        if isinstance(mask, int):
            white = Image.fromarray(((np.asarray(image) == mask) * 255).astype(np.uint8))
            grey.paste(255, mask=white)
        return grey.convert("RGB")
    if image.mode in ("I", "F"):
        raise ValueError(
            f"image {name!r} has 32-bit pixels (mode {image.mode}), whose black and white are not told: "
            "expected 8 or 16 bits a channel"
        )
    colour = image.info.get("transparency")
    if image.mode == "RGB" and isinstance(colour, tuple) and max(colour) > 255:
        # Of 16 bits, as the picture was.
        image.info["transparency"] = tuple(value >> 8 for value in colour)
    if image.has_transparency_data:
        opaque = image.convert("RGBA")
        ground = Image.new("RGBA", opaque.size, "white")
        return Image.alpha_composite(ground, opaque).convert("RGB")
    return image.convert("RGB")


def check_classes(images: pd.DataFrame, corpus: str, label: str) -> None:
    """Raise ValueError where the images of a corpus have no column with this name of a class."""
    labels = [column for column in images if column not in IMAGE_COLUMNS]
    if label not in labels:
        if label in images.attrs.get("unusable", {}):
            raise ValueError(images.attrs["unusable"][label])
        raise ValueError(
            f"corpora.{corpus}.classes.label: no column {label!r}, "
            f"expected one of {', '.join(labels) or 'none'}"
        )
