"""Pictures in folders of their classes, or with their captions beside them."""

import re

import pytest
from PIL import Image

from modality_gap.data.corpora import decode, write_corpus
from modality_gap.data.corpora.folder import read_folder


def picture(path, colour="red"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (6, 4), colour).save(path)


@pytest.fixture
def classes(tmp_path):
    """Two splits of two classes, one of them with a folder of its own inside."""
    for split, number in (("train", 3), ("val", 2)):
        for name in ("fire truck", "no"):
            for row in range(number):
                picture(tmp_path / split / name / f"{row}.png")
    picture(tmp_path / "val/no/more/9.JPG", "blue")
    return tmp_path


def test_classes_are_folders_and_captions_their_prompt(classes, tmp_path):
    images, captions, _, remarks = read_folder(classes, ["train", "val"])
    assert list(images.split) == ["train"] * 6 + ["val"] * 5
    assert images["class"].value_counts().to_dict() == {"fire truck": 5, "no": 6}
    assert images.image_id.iloc[0] == "train/fire truck/0.png"
    assert captions.set_index("image_id").text["val/no/more/9.JPG"] == "a photo of a no."
    (remark,) = remarks
    assert "4 of 11 pictures are copies of one in another split" in remark
    assert decode(images.image.iloc[-1], "x").getpixel((0, 0)) == (0, 0, 254)
    write_corpus(tmp_path, read_folder(classes, ["train", "val"]))


def test_without_splits_everything_is_all(classes):
    images, *_ = read_folder(classes / "train", ["all"])
    assert set(images.split) == {"all"}
    assert set(images["class"]) == {"fire truck", "no"}


def test_captions_stand_beside_their_pictures(tmp_path):
    for name in ("a/1", "2"):
        picture(tmp_path / f"{name}.webp")
    (tmp_path / "a/1.txt").write_bytes("﻿one\r\n\r\nein Bär \r\n".encode())
    (tmp_path / "2.txt").write_text("two")
    (tmp_path / "2.json").write_text("{}")
    (tmp_path / "LICENSE").write_text("free")
    images, captions, _, remarks = read_folder(tmp_path, ["all"])
    assert captions.groupby("image_id").text.agg(list).to_dict() == {
        "2.webp": ["two"],
        "a/1.webp": ["one", "ein Bär"],
    }
    assert captions.caption_id.is_unique
    assert images.set_index("image_id")["class"].to_dict() == {"2.webp": None, "a/1.webp": "a"}
    assert remarks[0].endswith("passed over: 1 .json, 1 LICENSE")


def test_a_text_that_belongs_to_no_picture_of_a_class_is_told(classes):
    (classes / "train/readme.txt").write_text("our data")
    assert read_folder(classes, ["train"]).remarks[0].endswith("passed over: 1 .txt")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda f: picture(f / "train/x.png"), "x.png: no class and no caption"),
        (lambda f: (f / "train/no/0.txt").write_text("x"), "fire truck/0.png: no .txt beside it"),
        (lambda f: picture(f / "train/no/0.gif"), None),
        (lambda f: [p.unlink() for p in f.rglob("train/*/*.png")], "no pictures"),
    ],
)
def test_what_has_neither_class_nor_caption_is_named(classes, change, complaint):
    change(classes)
    if complaint is None:
        assert len(read_folder(classes, ["train"]).images) == 7
        return
    with pytest.raises(ValueError, match=re.escape(complaint)):
        read_folder(classes, ["train"])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda f: (f / "1.txt").write_text(" \n"), "1.txt: no caption"),
        (lambda f: (f / "3.txt").write_text("x"), "3.txt: captions without a picture"),
        (lambda f: picture(f / "1.jpg"), "1.txt: stands beside two pictures"),
        (lambda f: (f / "1.txt").write_bytes(b"\xff\xfe"), "1.txt: not UTF-8"),
    ],
)
def test_captions_that_cannot_be_right_are_named(tmp_path, change, complaint):
    picture(tmp_path / "1.png")
    (tmp_path / "1.txt").write_text("one")
    change(tmp_path)
    with pytest.raises(ValueError, match=re.escape(complaint)):
        read_folder(tmp_path, ["all"])


def test_all_and_other_splits_would_count_pictures_twice(classes):
    with pytest.raises(ValueError, match="beside other splits"):
        read_folder(classes, ["all", "train"])


def test_a_picture_that_a_link_leads_to_again_is_named(classes):
    (classes / "val/dog").symlink_to(classes / "train/no")
    with pytest.raises(ValueError, match=r"val/dog/0.png: the same file as train/no/0.png"):
        read_folder(classes, ["train", "val"])
    (classes / "train/no/loop").symlink_to(classes / "train")
    with pytest.raises(ValueError, match="the same file as"):
        read_folder(classes, ["train"])


def test_two_files_of_captions_of_one_name_are_named(tmp_path):
    picture(tmp_path / "1.png")
    (tmp_path / "1.txt").write_text("one")
    (tmp_path / "1.TXT").write_text("two")
    with pytest.raises(ValueError, match=r"1.txt: captions of the name of 1.TXT"):
        read_folder(tmp_path, ["all"])


@pytest.mark.parametrize(
    ("names", "refused"),
    [
        (["train", "val"], "train, val"),
        (["Training"], "Training"),
        (["train", "test", "extra"], "test, train"),
        (["dev", "test"], "dev, test"),
        (["train", "car", "ship"], None),  # pictures of trains
        (["test", "control"], None),
    ],
)
def test_splits_are_not_taken_for_classes(tmp_path, names, refused):
    for name in names:
        picture(tmp_path / name / "cat/1.png")
    if refused is None:
        assert set(read_folder(tmp_path, ["all"]).images["class"]) == set(names)
        return
    with pytest.raises(ValueError, match=rf"its folders {refused} are called as .* \[{refused}\]"):
        read_folder(tmp_path, ["all"])
    assert set(read_folder(tmp_path, names).images["class"]) == {"cat"}


def test_splits_are_not_taken_for_classes_beside_captions(tmp_path):
    for name in ("train", "test"):
        picture(tmp_path / name / "1.png")
        (tmp_path / name / "1.txt").write_text("one")
    with pytest.raises(ValueError, match="are called as splits are"):
        read_folder(tmp_path, ["all"])
    assert "class" not in read_folder(tmp_path, ["train", "test"]).images


def test_copies_of_a_picture_in_another_split_are_counted(tmp_path):
    for split, colours in {"train": ["red", "green"], "val": ["green", "blue", "red"]}.items():
        for row, colour in enumerate(colours):
            picture(tmp_path / split / "no" / f"{row}.png", colour)
    picture(tmp_path / "train/yes/9.png", "red")  # in its own split
    found = read_folder(tmp_path, ["train", "val"])
    (remark,) = found.remarks
    assert remark == (
        f"{tmp_path}: 2 of 6 pictures are copies of one in another split, such as val/no/0.png of "
        "train/no/1.png: what is held out may have been seen"
    )
    assert read_folder(tmp_path, ["val"]).remarks == []
