"""Forty odd tables of images and captions, as strangers write them, beside the pictures a.png to c.png."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from PIL import Image


class Table(NamedTuple):
    """An odd table: what is odd in it, the column to look at, and how to make the file.

    stands: the cells of that column as they stand in the file, or as its writer meant them, from
    the first row; None where nobody can say.
    """

    what: str
    column: str
    stands: list | None
    make: Callable[[], bytes]


def text(content: str, encoding: str = "utf-8") -> Callable[[], bytes]:
    """A table of text."""
    return lambda: content.encode(encoding)


def labelled(*labels: str) -> Callable[[], bytes]:
    """Three images with a caption and a label each."""
    rows = [f"{image}.png,{image},{label}\n" for image, label in zip("abc", labels, strict=True)]
    return text("image,caption,label\n" + "".join(rows))


def captioned(*captions: str) -> Callable[[], bytes]:
    """An image with a caption each."""
    rows = [f"{image}.png,{caption}\n" for image, caption in zip("abc", captions, strict=False)]
    return text("image,caption\n" + "".join(rows))


def parquet(columns: dict, types: dict, features: dict | None = None) -> Callable[[], bytes]:
    """A Parquet table; types: of columns whose type is not plain, by their names.

    features: of columns, as Hugging Face's tables tell them.
    """

    def make():
        import pyarrow as pa
        import pyarrow.parquet as pq

        kinds = {
            "texts": pa.list_(pa.string()),
            "floats": pa.float64(),
            "picture": pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
        }
        arrays = {
            name: pa.array(cells, kinds.get(types.get(name))) for name, cells in columns.items()
        }
        table = pa.table(arrays)
        if features:
            told = json.dumps({"info": {"features": features}})
            table = table.replace_schema_metadata({"huggingface": told})
        buffer = io.BytesIO()
        pq.write_table(table, buffer)
        return buffer.getvalue()

    return make


def square(colour: str) -> bytes:
    """A picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(buffer, "PNG")
    return buffer.getvalue()


IMAGES = ["a.png", "b.png", "c.png"]
CAPTIONS = ["a", "b", "c"]
VALUE = {"_type": "Value", "dtype": "string"}
CLASSES = {
    "image": VALUE,
    "caption": VALUE,
    "label": {"_type": "ClassLabel", "names": ["cat", "dog"]},
}
PAIRS = {"image": IMAGES, "caption": CAPTIONS}
INSIDE = [{"bytes": square("red"), "path": "0.png"}, {"bytes": square("blue"), "path": "0.png"}]
ELSEWHERE = [{"bytes": None, "path": "a.png"}]

GROUPS: dict[str, dict[str, Table]] = {
    "Cells that look like something else": {
        "missing_words.csv": Table(
            "classes called None, NA and null", "label", ["None", "NA", "null"],
            labelled("None", "NA", "null")),
        "caption_words.csv": Table(
            "captions None, nan and a", "caption", ["None", "nan", "a"], captioned("None", "nan", "a")),
        "leading_zeros.csv": Table(
            "labels with leading zeros", "label", ["007", "012", "100"], labelled("007", "012", "100")),
        "exponent.csv": Table("labels 1e3, 2 and 3", "label", ["1e3", "2", "3"], labelled("1e3", "2", "3")),
        "gap.csv": Table("whole numbers, one missing", "label", ["3", None, "7"], labelled("3", "", "7")),
        "truth.csv": Table(
            "labels True and False", "label", ["True", "False", "True"],
            labelled("True", "False", "True")),
        "numbers.csv": Table("captions that are numbers", "caption", ["007", "1e5"], captioned("007", "1e5")),
        "blanks.csv": Table("a caption with blanks around it", "caption", [" a "], captioned(" a ")),
    },
    "Captions": {
        "written_list.csv": Table(
            "a list of captions as text", "caption", ["['one', 'two']"], captioned("\"['one', 'two']\"")),
        "no_caption.csv": Table("an empty caption", "caption", ["a", None, "c"], captioned("a", "", "c")),
        "line_break.csv": Table(
            "a line break in a caption", "caption", ["two\nlines"], captioned('"two\nlines"')),
        "twice.csv": Table(
            "one image with one caption, twice", "caption", ["a", "a"], text("image,caption\n" + "a.png,a\n" * 2)),
    },
    "Images": {
        "two_splits.csv": Table(
            "one image in two splits", "split", ["train", "test"],
            text("image,caption,split\na.png,one,train\na.png,two,test\n")),
        "two_labels.csv": Table(
            "one image with two labels", "label", ["cat", "dog"],
            text("image,caption,label\na.png,one,cat\na.png,two,dog\n")),
        "no_picture.csv": Table(
            "a picture that is not there", "caption", ["z"], text("image,caption\nz.png,z\n")),
        "folder_for_picture.csv": Table(
            "a folder for a picture", "caption", ["z"], text("image,caption\n.,z\n")),
    },
    "The form of the file": {
        "semicolons.csv": Table("semicolons", "caption", ["a"], text("image;caption\na.png;a\n")),
        "tabs.csv": Table("tabs in a .csv", "caption", ["a"], text("image\tcaption\na.png\ta\n")),
        "header_blank.csv": Table("a blank in the header", "caption", [" a"], text("image, caption\na.png, a\n")),
        "byte_order_mark.csv": Table(
            "UTF-8 with a byte order mark", "image", ["a.png"], text("image,caption\na.png,é\n", "utf-8-sig")),
        "latin1.csv": Table("Latin-1", "caption", ["é"], text("image,caption\na.png,é\n", "latin-1")),
        "utf16.csv": Table("UTF-16", "caption", ["é"], text("image,caption\na.png,é\n", "utf-16")),
        "comma_once.csv": Table(
            "a bare comma in one caption", "caption", ["a", "red, round", "c"], captioned("a", "red, round", "c")),
        "comma_always.csv": Table(
            "a bare comma in every caption", "caption", ["one, a", "two, b", "three, c"], captioned("one, a", "two, b", "three, c")),
        "short_row.csv": Table(
            "a row that lacks its last cell", "label", ["cat", None],
            text("image,caption,label\na.png,a,cat\nb.png,b\n")),
        "quotes.csv": Table("quotes amid a cell", "caption", ['a "red" square'], captioned('"a "red" square"')),
        "open_quote.csv": Table("a quote that never ends", "caption", None, captioned('"a', "b")),
        "same_header.csv": Table(
            "two columns of one name", "caption", None, text("image,caption,caption\na.png,one,two\n")),
        "header_alone.csv": Table("a header and no row", "caption", None, text("image,caption\n")),
        "nothing.csv": Table("nothing at all", "caption", None, text("")),
    },
    "Parquet": {
        "lists.parquet": Table(
            "lists of captions", "caption", None,
            parquet({"image": IMAGES[:2], "caption": [["one", "two"], ["three"]]}, {"caption": "texts"})),
        "null_caption.parquet": Table(
            "a missing caption", "caption", ["a", None, "c"], parquet({"image": IMAGES, "caption": ["a", None, "c"]}, {})),
        "number_captions.parquet": Table(
            "numbers for captions", "caption", [1, 2], parquet({"image": IMAGES[:2], "caption": [1, 2]}, {})),
        "whole_floats.parquet": Table(
            "whole numbers as floats, one missing", "label", [3.0, None, 7.0],
            parquet(PAIRS | {"label": [3.0, None, 7.0]}, {"label": "floats"})),
        "classes.parquet": Table(
            "numbers of named classes, −1 for none", "label", [1, -1, 0],
            parquet(PAIRS | {"label": [1, -1, 0]}, {}, CLASSES)),
        "class_beyond.parquet": Table(
            "class 5 of two", "label", [5, 0, 0], parquet(PAIRS | {"label": [5, 0, 0]}, {}, CLASSES)),
        "pictures.parquet": Table(
            "two pictures in the table, of one path", "image", None,
            parquet({"image": INSIDE, "caption": ["a", "b"]}, {"image": "picture"})),
        "no_bytes.parquet": Table(
            "a picture without bytes", "image", None,
            parquet({"image": ELSEWHERE, "caption": ["a"]}, {"image": "picture"})),
        "damaged.parquet": Table("a damaged file", "caption", None, lambda: b"PAR1 and no more"),
    },
}  # fmt: skip
TABLES = {name: table for group in GROUPS.values() for name, table in group.items()}


def write_tables(folder: Path) -> None:
    """All of them in a folder, with the pictures that they name."""
    for name, colour in zip(IMAGES, ("red", "green", "blue"), strict=True):
        (folder / name).write_bytes(square(colour))
    for name, table in TABLES.items():
        (folder / name).write_bytes(table.make())
