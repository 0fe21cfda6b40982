"""The readers on a few rows or images of the real files; skipped where these are not."""

import re
import shutil

import pytest
from conftest import ROOT
from rehearsal.captioned_files import photograph, write_photographs, write_zip

from modality_gap.data.corpora import check_corpus
from modality_gap.data.corpora.aokvqa import read_aokvqa
from modality_gap.data.corpora.cifar100 import read_cifar100
from modality_gap.data.corpora.coco import read_captions, read_coco
from modality_gap.data.corpora.fairface import read_fairface, read_labels
from modality_gap.data.corpora.imagenet import read_classes
from modality_gap.data.corpora.karpathy import read_karpathy
from modality_gap.data.corpora.mmvp_vlm import COLUMNS, read_questions

FILES = ROOT.parent / "shared/real_files"


def real(name):
    """A real file, or a skipped test."""
    if not (FILES / name).exists():
        pytest.skip(f"real files are not here: {name}")
    return FILES / name


def test_cifar100(tmp_path):
    shutil.copy(real("cifar100/cifar-100-binary.tar.gz"), tmp_path)
    found = read_cifar100(tmp_path, ["test"])
    check_corpus(found.images, found.captions, "cifar100")
    names = found.classes["names"]
    assert len(names) == 100
    assert not [name for name in names if "_" in name or not name.strip()]
    assert [names[row] for row in found.images.fine_label] == (
        ["apple"] * 3 + ["aquarium fish"] * 3 + ["worm"] * 3
    )


def test_captions_of_coco(tmp_path):
    (tmp_path / "annotations").mkdir()
    shutil.copy(real("coco/captions_val2017.json"), tmp_path / "annotations")
    images, captions = read_captions(tmp_path, "val", "2017")
    numbers = [int(name.removesuffix(".jpg")) for name in images.image_id]
    write_photographs(tmp_path, "val2017", numbers)
    found = read_coco(tmp_path, ["val"], 2017)
    check_corpus(found.images, found.captions, "coco")
    assert (len(images), len(captions)) == (3, 15)
    assert not captions.text.str.contains(r"^\s|\s$|\n").any()


def test_karpathys_file():
    file = real("karpathy/dataset_coco.json")
    found = file.read_bytes()
    split = re.search(rb'"split": "(\w+)"', found)[1].decode()
    for content in (found, b"\xef\xbb\xbf" + found):
        images, captions = read_karpathy(content, [split], file.name)
        assert len(images) == 1
        assert len(captions) >= 1


def test_a_question_of_aokvqa(tmp_path):
    shutil.copy(real("aokvqa/aokvqa_v1p0_val.json"), tmp_path)
    write_photographs(tmp_path, "val2017", [461751])
    found = read_aokvqa(tmp_path, ["val"])
    assert list(found.captions.text) == ["What is in the motorcyclist's mouth? cigarette"]


@pytest.mark.parametrize("split", ["train", "val"])
@pytest.mark.parametrize("spoil", ["", "bom", "crlf"])
def test_labels_of_fairface(tmp_path, split, spoil):
    content = real(f"fairface/fairface_label_{split}.csv").read_bytes()
    content = content.replace(b"\n", b"\r\n") if spoil == "crlf" else content
    file = tmp_path / f"fairface_label_{split}.csv"
    file.write_bytes((b"\xef\xbb\xbf" if spoil == "bom" else b"") + content)
    assert len(read_labels(file, split)) == 40
    images = {f"{split}/{row}.jpg": photograph(row) for row in range(1, 41)}
    write_zip(tmp_path / "fairface-img-margin025-trainval.zip", images)
    found = read_fairface(tmp_path, [split])
    check_corpus(found.images, found.captions, "fairface")


def test_labels_of_fairface_after_a_spreadsheet():
    file = real("fairface/spreadsheet_damaged_val.csv")
    with pytest.raises(ValueError, match="row 1 has age '9-Mar', expected one of 0-2, 3-9"):
        read_labels(file, "val")


def test_classes_of_imagenet():
    file = real("imagenet/meta_excerpt.mat")
    classes = read_classes(file.read_bytes(), file.name)
    assert classes.wnid.is_monotonic_increasing
    assert classes.wnid.str.fullmatch(r"n\d{8}").all()
    assert classes.words.str.len().gt(0).all()


def test_the_header_of_mmvp_vlm(tmp_path):
    header = real("mmvp_vlm/header.csv").read_text("utf-8").strip()
    assert header.removeprefix("\ufeff").split(",") == COLUMNS
    (tmp_path / "Questions.csv").write_text(f'{header}\n1,Structural,"one, two"\n', "utf-8")
    assert read_questions(tmp_path / "Questions.csv").statement.tolist() == ["one, two"]


def test_webdatasets_are_called_as_clip_benchmark_calls_them():
    """On the hub, the slashes within a name are hyphens."""
    names = real("webdataset/webdatasets.txt").read_text().split()
    known = {name.removeprefix("wds/").replace("/", "-") for name in names}
    known = {f"wds_{name}" for name in known}
    texts = [ROOT / "README.md", *ROOT.glob("docs/*.md"), *ROOT.glob("config/*.*")]
    texts += list(ROOT.glob("tests/**/*.py"))
    found = {
        name
        for file in texts
        for name in re.findall(r"clip-benchmark/(wds_[\w.-]+\w)", file.read_text("utf-8"))
    }
    assert found
    assert found <= known, found - known
