"""A user's table is read as it stands, or refused by file and row."""

import io
import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from modality_gap.data.corpora import check_corpus, read_split, write_corpus
from modality_gap.data.corpora.table import read_table
from modality_gap.data.text_table import read_text_table


@pytest.fixture
def folder(tmp_path):
    """Three pictures: a.png, b.png and c.png."""
    for name, colour in (("a", "red"), ("b", "green"), ("c", "blue")):
        Image.new("RGB", (4, 4), colour).save(tmp_path / f"{name}.png")
    return tmp_path


def read(folder, text: str, name="mine.csv", encoding="utf-8"):
    (folder / name).write_bytes(text.encode(encoding))
    corpus = read_table(folder / name)
    check_corpus(corpus.images, corpus.captions, name)
    return corpus


def png(colour) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(buffer, "PNG")
    return buffer.getvalue()


def read_parquet(folder, columns: dict, features: dict | None = None):
    table = pa.table(columns)
    if features:
        told = json.dumps({"info": {"features": features}})
        table = table.replace_schema_metadata({"huggingface": told})
    pq.write_table(table, folder / "mine.parquet")
    return read_table(folder / "mine.parquet")


def test_an_image_with_several_captions_stands_in_several_rows(folder):
    found = read(folder, "image,caption,split\na.png,one,x\na.png,two,x\nb.png,one,y\n")
    assert list(found.images.split) == ["x", "y"]
    assert list(found.captions.image_id) == ["a.png", "a.png", "b.png"]
    assert list(found.captions.text) == ["one", "two", "one"]
    assert found.remarks == []


@pytest.mark.parametrize(
    "label",
    [
        "None",
        "NA",
        "null",
        "nan",
        "NaN",
        "N/A",
        "no",
        "True",
        "007",
        "1e3",
        "3.0",
        "1/2",
        "-",
        " x",
    ],
)
def test_a_label_is_what_stands_there(folder, label):
    found = read(folder, f"image,caption,label\na.png,x,{label}\nb.png,y,other\nc.png,z,\n")
    assert list(found.images.label[:2]) == [label, "other"]
    assert found.images.label.isna().tolist() == [False, False, True]
    write_corpus(folder, found)
    assert read_split(folder, "all")[0].label[0] == label


@pytest.mark.parametrize(
    "caption",
    ["None", "42", "007", "nan", "1e5", "True", "[red]", "{x}", "(a dog)", "[1]"],
)
def test_a_caption_is_what_stands_there(folder, caption):
    assert read(folder, f"image,caption\na.png,{caption}\n").captions.text[0] == caption


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_forms_of_text(folder, encoding, end):
    text = 'image,caption\na.png,"a ""red"", square"\n\nb.png,"two\nlines"\n'
    found = read(folder, text.replace("\n", end), encoding=encoding)
    assert list(found.captions.text) == ['a "red", square', f"two{end}lines"]
    found = read(folder, "image\tcaption\na.png\ta, b\n", name="mine.TSV")
    assert list(found.captions.text) == ["a, b"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("picture,caption\na.png,x\n", "no column 'image' among 'picture', 'caption'"),
        ("", "no column 'image' among none"),
        ("image;caption\na.png;x\n", "no column 'image'.*separated by semicolons"),
        ("image\tcaption\na.png\tx\n", "no column 'image'.*separated by tabs"),
        ("image, caption\na.png, x\n", "no column 'caption' among 'image', ' caption'"),
        ("image,caption\n", "no rows"),
        ("image,caption\na.png,\n", "row 1 has no caption"),
        ("image,caption\na.png,   \n", "row 1 has no caption"),
        ("image,caption\na.png,x\n,y\n", "row 2 has no image"),
        ("image,caption,split\na.png,x,\n", "row 1 has no split"),
        ("image,caption\na.png,x\nmissing.png,y\n", "row 2: no such image missing.png"),
        ("image,caption\na.png,x\n.,y\n", "row 2: no such image ."),
        ("image,caption\na.png,a red, round thing\n", r"row 1 .line 2. has 3 cells, expected 2"),
        ("image,caption,label\na.png,x\n", r"row 1 .line 2. has 2 cells, expected 3"),
        ('image,caption\na.png,"x"y\n', "row 1: .*expected cells with quotes"),
        ('image,caption\na.png,"x\n', "row 1: unexpected end of data"),
        ("image,caption,caption\na.png,x,y\n", "column 'caption' stands twice"),
        ("image,caption,split\na.png,x,train\na.png,y,test\n",
         "image 'a.png' has split 'train' in row 1 and 'test' in row 2, expected one split"),
        ("image,caption,split\na.png,x,train\n./a.png,y,test\n", "image 'a.png' has split 'train' in row 1"),
        ("image,caption,split\na.png,x,all\nb.png,y,test\n", "row 1 has split 'all'"),
        ("image,caption,split\na.png,x,test\nb.png,y,test \n", "row 2 has split 'test '"),
        ("image,caption\na.png,\"['one', 'two']\"\n", "row 1 has a list written as text"),
        ('image,caption\na.png,"[""one"", ""two""]"\n', "row 1 has a list written as text"),
        ('image,caption\na.png,"[""one"", null]"\n', "row 1 has a list written as text"),
        ("image,caption\na.png,\"('one', 2)\"\n", "row 1 has a list written as text"),
        ("image,caption\na.png,\" [['one']]\"\n", "row 1 has a list written as text"),
        ("image,caption\na.png,\"array(['a', 'b'], dtype=object)\"\n", "row 1 has a list"),
    ],
)  # fmt: skip
def test_a_bad_table_is_named(folder, text, complaint):
    with pytest.raises((ValueError, FileNotFoundError), match=f"mine.csv: {complaint}") as caught:
        read(folder, text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_another_encoding_is_named(folder, encoding):
    with pytest.raises(ValueError, match="mine.csv: not UTF-8 text near row"):
        read(folder, "image,caption\na.png,café\n", encoding=encoding)


def test_one_picture_under_two_spellings_is_one_image(folder):
    found = read(folder, f"image,caption\na.png,x\n./a.png,y\n{folder}/b.png,z\n")
    assert list(found.captions.image_id) == ["a.png", "a.png", f"{folder}/b.png"]


def test_links_are_followed_as_the_system_follows_them(folder):
    (folder / "other/sub").mkdir(parents=True)
    Image.new("RGB", (4, 4), "black").save(folder / "other/a.png")
    (folder / "link").symlink_to(folder / "other/sub")
    (folder / "again.png").symlink_to(folder / "b.png")
    found = read(folder, "image,caption\na.png,x\nlink/../a.png,y\nb.png,z\nagain.png,z\n")
    assert len(found.images) == 3
    assert Image.open(found.images.image[1]).getpixel((0, 0)) == (0, 0, 0)
    with pytest.raises(ValueError, match="has split 'x' in row 1 and 'y' in row 2"):
        read(folder, "image,caption,split\nb.png,z,x\nagain.png,z,y\n")


def test_a_quoted_cell_of_a_tsv_that_swallows_rows_is_named(folder):
    with pytest.raises(ValueError, match="mine.tsv: row 1 .line 3. has a quoted cell that holds"):
        read(folder, 'image\tcaption\na.png\t"Hello\nb.png\tworld"\n', name="mine.tsv")


def test_columns_of_captions_are_no_labels_of_images(folder):
    """As the number of each caption, or the two labels that one picture was given."""
    text = "image,number,caption,kind\na.png,0,x,cat\na.png,1,y,\nb.png,0,z,dog\n"
    found = read(folder, text)
    assert list(found.images) == ["image", "image_id", "split"]
    assert [note.split()[1] for note in found.remarks] == ["'number'", "'kind'"]
    assert "image 'a.png' has kind 'cat' in row 1 and None in row 2" in found.remarks[1]
    assert "has number '0' in row 1 and '1' in row 2" in found.images.attrs["unusable"]["number"]


def test_what_is_left_out_is_told_and_stays_told(folder):
    text = "image_id,image,caption\n7,a.png,x\n7,a.png,x\n9,b.png,y\n"
    found = read(folder, text)
    assert found.remarks == [
        "column 'image_id' is left out: a corpus has one of this name itself",
        "1 rows repeat an image with the same caption: taken once",
    ]
    assert list(found.images.image_id) == ["a.png", "b.png"]
    write_corpus(folder, found)
    assert read_split(folder, "all")[0].attrs["remarks"] == found.remarks


# Parquet


def test_lists_are_several_captions(folder):
    captions = pa.array([["one", "two"], ["three"]], pa.list_(pa.string()))
    found = read_parquet(folder, {"image": ["a.png", "b.png"], "caption": captions})
    assert list(found.captions.text) == ["one", "two", "three"]
    assert list(found.captions.image_id) == ["a.png", "a.png", "b.png"]
    assert found.captions.caption_id.is_unique


def test_pictures_in_the_table(folder):
    """As the hub stores them: bytes, with a path that may be missing or not tell them apart."""
    cells = [{"bytes": png(colour), "path": "0.png"} for colour in ("red", "red", "blue")]
    found = read_parquet(folder, {"image": cells, "caption": ["x", "y", "z"]})
    assert list(found.captions.image_id) == ["row 1", "row 1", "row 3"]
    assert list(found.images.image) == [png("red"), png("blue")]
    cells = [{"bytes": png("red"), "path": "r.png"}, {"bytes": png("blue"), "path": "b.png"}]
    found = read_parquet(folder, {"image": cells, "caption": ["x", "y"]})
    assert list(found.images.image_id) == ["r.png", "b.png"]
    found = read_parquet(folder, {"image": [png("red"), png("blue")], "caption": ["x", "y"]})
    assert list(found.images.image_id) == ["row 1", "row 2"]


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array([3, None, 7]), ["3", None, "7"]),
        (pa.array([3.0, None, 7.0]), ["3", None, "7"]),
        (pa.array([0.5, float("nan"), 7.0]), ["0.5", None, "7.0"]),
        (pa.array([True, None, False]), ["True", None, "False"]),
        (pa.array([0.1, None, 2.5], pa.float32()), ["0.1", None, "2.5"]),
        (pa.array(["NA", "", None]), ["NA", None, None]),
        (pa.array(["x", "y", None]).dictionary_encode(), ["x", "y", None]),
    ],
)
def test_labels_of_every_type_are_text(folder, column, expected):
    columns = {"image": ["a.png", "b.png", "c.png"], "caption": list("xyz"), "label": column}
    labels = read_parquet(folder, columns).images.label
    assert [None if pd.isna(label) else label for label in labels] == expected


def test_classes_of_the_hub_have_names(folder):
    columns = {"image": ["a.png", "b.png", "c.png"], "caption": list("xyz"), "label": [1, -1, 0]}
    features = {"label": {"names": ["cat", "dog"], "_type": "ClassLabel"}}
    found = read_parquet(folder, columns, features)
    assert list(found.images.label.fillna("?")) == ["dog", "?", "cat"]
    assert "as the names of its 2 classes" in found.remarks[0]
    same = {"label": {"names": ["crane", "dog", "crane"], "_type": "ClassLabel"}}
    with pytest.raises(ValueError, match="classes 0 and 2 are both named 'crane'"):
        read_parquet(folder, columns, same)
    with pytest.raises(ValueError, match="mine.parquet: row 1 has label 5, expected one of 2"):
        read_parquet(folder, columns | {"label": [5, 0, 0]}, features)


def test_columns_that_cannot_be_labels_are_told(folder):
    boxes = pa.array([[1.0, 2.0], [3.0, 4.0]])
    columns = {"image": ["a.png", "b.png"], "caption": ["x", "y"], "box": boxes}
    found = read_parquet(folder, columns)
    assert "box" not in found.images
    assert found.remarks[0].startswith("column 'box' is left out: it holds list")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"caption": [1, 2]}, "column 'caption' holds int64, expected text"),
        ({"caption": ["x", None]}, "row 2 has no caption"),
        ({"caption": pa.array([["x"], []], pa.list_(pa.string()))}, "row 2 has no caption"),
        ({"caption": pa.array([["x"], ["y", None]])}, "row 2 has no caption"),
        ({"caption": pa.array([[1], [2]])}, "column 'caption' holds list<.*int64"),
        ({"image": [1, 2]}, "column 'image' holds int64, expected paths"),
        (
            {"image": [{"bytes": None, "path": "a.png"}, {"bytes": b"x", "path": None}]},
            "row 1 has an image without bytes",
        ),
        ({"image": [b"x", None]}, "row 2 has no image"),
        ({"image": ["a.png", None]}, "row 2 has no image"),
        ({"split": pa.array(["x", None])}, "row 2 has no split"),
        ({"split": pa.array([b"x", b"y"])}, "column 'split' holds binary, expected text"),
    ],
)
def test_a_bad_parquet_table_is_named(folder, change, complaint):
    columns = {"image": ["a.png", "b.png"], "caption": ["x", "y"]} | change
    if complaint.startswith("row 1 has an image"):
        columns["image"] = pa.array(
            columns["image"], pa.struct([("bytes", pa.binary()), ("path", pa.string())])
        )
    with pytest.raises(ValueError, match=f"mine.parquet: {complaint}"):
        read_parquet(folder, columns)


def test_a_damaged_parquet_table_is_named(folder):
    (folder / "mine.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(ValueError, match="mine.parquet: damaged, or no Parquet table"):
        read_table(folder / "mine.parquet")
    with pytest.raises(ValueError, match="mine.txt: unknown ending, expected one of .csv"):
        read_table(folder / "mine.txt")


def test_a_table_of_many_rows_is_read_in_seconds(folder):
    rows = "".join(f"{'abc'[n % 3]}.png,caption {n}\n" for n in range(50_000))
    found = read(folder, f"image,caption\n{rows}")
    assert (len(found.images), len(found.captions)) == (3, 50_000)
    assert np.array_equal(found.captions.text[:2], ["caption 0", "caption 1"])
    assert list(read_text_table(folder / "mine.csv")) == ["image", "caption"]


@pytest.fixture
def sounds(tmp_path):
    """Four files that are no pictures: a.wav, b.wav, which is the same, c.wav and d.json."""
    for name, content in (("a.wav", b"1"), ("b.wav", b"1"), ("c.wav", b"2"), ("d.json", b"{}")):
        (tmp_path / name).write_bytes(content)
    return tmp_path


def read_files(folder, text: str):
    (folder / "mine.csv").write_text(text)
    return read_table(folder / "mine.csv", "files")


def test_files_of_any_kind_are_items_which_nothing_decodes(sounds):
    text = "image,caption,split,pitch\na.wav,one,x,low\nc.wav,two,y,\n./a.wav,three,x,low\nd.json,no,x,7\n"
    found = read_files(sounds, text)
    assert list(found.images.image_id) == ["a.wav", "c.wav", "d.json"]
    assert list(found.images.image) == [str(sounds / name) for name in ("a.wav", "c.wav", "d.json")]
    assert list(found.images.pitch) == ["low", None, "7"]
    assert list(found.captions.image_id) == ["a.wav", "c.wav", "a.wav", "d.json"]
    assert found.remarks == [
        f"{sounds}/mine.csv: files that are no pictures (1 .json, 2 .wav): no figure shows examples of "
        "them"
    ]
    write_corpus(sounds, found)
    assert read_split(sounds, "x")[0].attrs["items"] == "files"


def test_pictures_stay_pictures(folder):
    assert "items" not in read(folder, "image,caption\na.png,one\n").images.attrs


def test_two_equal_files_are_one_item(sounds):
    found = read_files(sounds, "image,caption\na.wav,one\nb.wav,two\nc.wav,three\nb.wav,four\n")
    assert list(found.images.image_id) == ["a.wav", "c.wav"]
    assert list(found.captions.image_id) == ["a.wav", "a.wav", "c.wav", "a.wav"]
    assert found.remarks[1].endswith(
        "mine.csv: 1 files hold what another one does, such as b.wav what a.wav: one item"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("image,caption\na.wav,one\ne.wav,two\n", "row 2: no such image e.wav"),
        ("image,caption\na.wav,one\n.,two\n", "row 2: no such image ."),
        ("image,caption\na.wav,one\nempty.wav,two\n", "row 2: empty.wav is empty"),
        (
            "image,caption,split\na.wav,one,x\nc.wav,two,x\nb.wav,three,y\n",
            "image 'a.wav' has split 'x' in row 1 and 'y' in row 3, expected one split for an image",
        ),
    ],
)
def test_a_file_that_cannot_be_an_item_is_named_with_its_row(sounds, text, expected):
    (sounds / "empty.wav").write_bytes(b"")
    with pytest.raises((ValueError, FileNotFoundError)) as told:
        read_files(sounds, text)
    assert f"mine.csv: {expected}" in str(told.value)
    assert "\n" not in str(told.value)


def test_items_inside_a_parquet_table_are_refused_where_paths_are_said(sounds):
    columns = {"image": [b"1", b"2"], "caption": ["one", "two"]}
    pq.write_table(pa.table(columns), sounds / "mine.parquet")
    with pytest.raises(
        ValueError, match=r"mine\.parquet: row 1 holds an item itself, expected its"
    ):
        read_table(sounds / "mine.parquet", "files")
    columns["image"] = [{"bytes": None, "path": name} for name in ("a.wav", "c.wav")]
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    table = pa.table({"image": pa.array(columns["image"], kind), "caption": ["one", "two"]})
    pq.write_table(table, sounds / "mine.parquet")
    assert list(read_table(sounds / "mine.parquet", "files").images.image_id) == ["a.wav", "c.wav"]


def test_empty_lines_of_a_table_of_one_column_are_empty_cells(tmp_path):
    """Whose rows would move up otherwise; of a table of more columns, they are no rows."""
    (tmp_path / "one.csv").write_text("class\na\n\n\nb\n\n")
    assert read_text_table(tmp_path / "one.csv") == {"class": ["a", "", "", "b"]}
    (tmp_path / "two.csv").write_text("class,n\na,1\n\nb,2\n\n")
    assert read_text_table(tmp_path / "two.csv") == {"class": ["a", "b"], "n": ["1", "2"]}
