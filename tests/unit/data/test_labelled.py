import subprocess
import sys
import zipfile

import numpy as np
import open_clip
import pytest
from conftest import ROOT
from rehearsal import labelled_files as files

from modality_gap.data.archives import read_place
from modality_gap.data.corpora import (
    check_corpus,
    coinciding_names,
    decode,
    imagenet,
    read_split,
    write_corpus,
)
from modality_gap.data.corpora.cifar10 import read_cifar10
from modality_gap.data.corpora.cifar100 import read_cifar100
from modality_gap.data.corpora.eurosat import NAMES, read_eurosat
from modality_gap.data.corpora.fairface import read_fairface
from modality_gap.data.corpora.hateful_memes import read_hateful_memes
from modality_gap.data.corpora.imagenet import read_imagenet
from modality_gap.data.corpora.originals import png
from modality_gap.data.corpora.svhn import read_svhn
from modality_gap.study.corpora import READERS

EUROSAT = list(NAMES)
DEFLATED, STORED = zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED


def check_pixels(corpus, expected):
    check_corpus(corpus.images, corpus.captions, "corpus")
    for row, pixels in zip(corpus.images.itertuples(), expected, strict=True):
        np.testing.assert_array_equal(decode(row.image, row.image_id), pixels)


def contents(images):
    """The bytes of each image, wherever they are."""
    return [
        image if isinstance(image, bytes) else read_place(image) for image in images.image.tolist()
    ]


def cut(file, share=0.5):
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])


# CIFAR


def test_cifar10_has_the_pixels_labels_and_order_of_its_files(tmp_path):
    pixels, labels = files.write_cifar10(tmp_path)
    corpus = read_cifar10(tmp_path, ["train", "test"])
    check_pixels(corpus, pixels)
    assert corpus.images.label.tolist() == labels
    assert corpus.images.label.dtype == np.int64
    assert corpus.images.split.tolist() == ["train"] * 10 + ["test"] * 2
    assert corpus.images.image_id.tolist()[8:] == [
        "train/00008",
        "train/00009",
        "test/00000",
        "test/00001",
    ]
    assert corpus.classes == {"names": files.CIFAR10_NAMES}
    assert corpus.captions.text.tolist()[:2] == ["a photo of a airplane.", "a photo of a horse."]


def test_only_the_wanted_split_is_read(tmp_path):
    broken = {"cifar-10-batches-bin/data_batch_1.bin": b"short"}
    pixels, labels = files.write_cifar10(tmp_path, changes=broken)
    corpus = read_cifar10(tmp_path, ["test"])
    check_pixels(corpus, pixels[-2:])
    assert corpus.images.label.tolist() == labels[-2:]
    with pytest.raises(ValueError, match=r"data_batch_1.bin: 5 bytes, expected images of 3073"):
        read_cifar10(tmp_path, ["train"])


def test_cifar100_has_fine_and_coarse_labels(tmp_path):
    pixels, labels = files.write_cifar100(tmp_path)
    corpus = read_cifar100(tmp_path, ["test", "train"])
    check_pixels(corpus, [*pixels[3:], *pixels[:3]])
    order = [*labels[3:], *labels[:3]]
    assert corpus.images.fine_label.tolist() == [fine for _, fine in order]
    assert corpus.images.fine_label.dtype == np.int64
    named = [files.COARSE_NAMES[coarse].replace("_", " ") for coarse, _ in order]
    assert corpus.images.coarse_label.tolist() == named
    assert corpus.classes["names"][:2] == ["apple", "aquarium fish"]
    assert corpus.captions.text[1] == "a photo of a aquarium fish."


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "test_batch.bin: 0 bytes"),
        (bytes(3072), "test_batch.bin: 3072 bytes, expected images of 3073 bytes"),
        (bytes(3073) + bytes([10]) + bytes(3072), "image 1 has label 10, expected 0 to 9"),
    ],
)
def test_a_broken_file_of_cifar10_is_named(tmp_path, content, complaint):
    files.write_cifar10(tmp_path, changes={"cifar-10-batches-bin/test_batch.bin": content})
    with pytest.raises(ValueError, match=f"cifar-10-binary.tar.gz: .*{complaint}"):
        read_cifar10(tmp_path, ["test"])


def test_a_damaged_or_missing_archive_of_cifar_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"cifar-100-binary.tar.gz: no such file; get it"):
        read_cifar100(tmp_path, ["test"])
    files.write_cifar10(tmp_path)
    with pytest.raises(ValueError, match="cifar10: unknown split 'val', expected one of train, t"):
        read_cifar10(tmp_path, ["test", "val"])
    with pytest.raises(ValueError, match="cifar10: no split"):
        read_cifar10(tmp_path, [])
    cut(tmp_path / "cifar-10-binary.tar.gz")
    with pytest.raises(ValueError, match=r"cifar-10-binary.tar.gz: damaged or truncated"):
        read_cifar10(tmp_path, ["test"])


def test_a_corpus_of_pixels_is_written_and_read_back(tmp_path):
    pixels, _ = files.write_cifar10(tmp_path)
    write_corpus(tmp_path, read_cifar10(tmp_path, ["train", "test"]))
    images, captions = read_split(tmp_path, "test")
    np.testing.assert_array_equal(decode(images.image[1], "1"), pixels[-1])
    assert len(captions) == 2


def test_a_png_loses_nothing(random):
    pixels = random.integers(0, 256, size=(5, 7, 3), dtype=np.uint8)
    np.testing.assert_array_equal(decode(png(pixels), "x"), pixels)


# SVHN


def test_svhn_turns_label_10_into_the_digit_0(tmp_path):
    pixels = files.write_svhn(tmp_path, "test", [10, 1, 9, 10])
    more = files.write_svhn(tmp_path, "extra", [3, 4], seed=3)
    corpus = read_svhn(tmp_path, ["test", "extra"])
    check_pixels(corpus, [*pixels, *more])
    assert corpus.images.label.tolist() == [0, 1, 9, 0, 3, 4]
    assert corpus.images.split.tolist() == ["test"] * 4 + ["extra"] * 2
    assert corpus.classes["names"] == list("0123456789")
    assert corpus.captions.text[0] == "a photo of the number 0."


def test_a_broken_file_of_svhn_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"train_32x32.mat: no such file; get it from http"):
        read_svhn(tmp_path, ["train"])
    with pytest.raises(ValueError, match="svhn: unknown split 'val', expected one of train, test"):
        read_svhn(tmp_path, ["val"])
    files.write_svhn(tmp_path, "test", [1, 0, 2])
    with pytest.raises(ValueError, match=r"test_32x32.mat: image 1 has label 0, expected 1 to 10"):
        read_svhn(tmp_path, ["test"])
    files.savemat(tmp_path / "test_32x32.mat", {"X": np.zeros((32, 32, 3, 2), np.uint8)})
    with pytest.raises(ValueError, match=r"test_32x32.mat: no variable 'y', expected X, y"):
        read_svhn(tmp_path, ["test"])


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((32, 32, 3, 2), np.uint8), np.zeros((32, 32, 3, 3)), np.zeros((3, 32, 32, 3), "u1")],
)
def test_svhn_pixels_of_another_form_are_refused(tmp_path, pixels):
    files.savemat(tmp_path / "test_32x32.mat", {"X": pixels, "y": np.ones((3, 1), np.uint8)})
    with pytest.raises(ValueError, match=r"test_32x32.mat: X of .* expected uint8 and shape"):
        read_svhn(tmp_path, ["test"])


@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.9, 0.99])
def test_a_truncated_file_of_svhn_is_named(tmp_path, share):
    files.write_svhn(tmp_path, "test", [1, 2, 3])
    cut(tmp_path / "test_32x32.mat", share)
    with pytest.raises(ValueError, match=r"test_32x32.mat: (damaged or truncated|no variable)"):
        read_svhn(tmp_path, ["test"])


def test_a_damaged_byte_of_svhn_is_named_or_harmless(tmp_path):
    pixels = files.write_svhn(tmp_path, "test", [1, 2, 3])
    file = tmp_path / "test_32x32.mat"
    whole = file.read_bytes()
    complaints = []
    for place in range(120, 200):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            corpus = read_svhn(tmp_path, ["test"])
        except ValueError as error:
            complaints.append(str(error))
        else:
            check_pixels(corpus, pixels)
    assert len(complaints) > 40
    assert all(complaint.startswith(f"{file}: ") for complaint in complaints)


def test_a_page_in_place_of_a_matlab_file_is_named(tmp_path):
    (tmp_path / "test_32x32.mat").write_text("<html>" + "not found " * 100)
    with pytest.raises(ValueError, match=r"test_32x32.mat: damaged or truncated MATLAB file"):
        read_svhn(tmp_path, ["test"])


# EuroSAT


@pytest.mark.parametrize("compression", [STORED, DEFLATED])
def test_eurosat_has_its_folders_as_classes_with_readable_names(tmp_path, compression):
    expected = files.write_eurosat(tmp_path, EUROSAT[::-1], compression)
    corpus = read_eurosat(tmp_path, ["all"])
    images = corpus.images
    check_corpus(images, corpus.captions, "eurosat")
    assert images.image_id.tolist()[:4] == [
        "AnnualCrop_1.jpg",
        "AnnualCrop_2.jpg",
        "AnnualCrop_10.jpg",
        "Forest_1.jpg",
    ]
    assert contents(images) == [expected[name] for name in images.image_id]
    assert {type(image) for image in images.image} == {str if compression == STORED else bytes}
    assert images.folder.tolist() == [name.split("_")[0] for name in images.image_id]
    assert [EUROSAT[label] for label in images.label] == images.folder.tolist()
    assert images.label.dtype == np.int64
    assert corpus.classes["names"][0] == "annual crop land"
    assert corpus.captions.text.iloc[-1] == "a centered satellite photo of lake or sea."


def test_a_broken_archive_of_eurosat_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"EuroSAT.zip: no such file; get it"):
        read_eurosat(tmp_path, ["all"])
    files.write_eurosat(tmp_path, [*EUROSAT, "Tundra"])
    with pytest.raises(ValueError, match=r"EuroSAT.zip: a folder 'Tundra', expected the folders"):
        read_eurosat(tmp_path, ["all"])
    files.write_eurosat(tmp_path, EUROSAT[1:])
    with pytest.raises(ValueError, match=r"EuroSAT.zip: no folder 'AnnualCrop', expected"):
        read_eurosat(tmp_path, ["all"])
    with pytest.raises(ValueError, match="eurosat: unknown split 'test', expected one of all"):
        read_eurosat(tmp_path, ["test"])


def test_a_damaged_archive_of_eurosat_is_named(tmp_path):
    files.write_eurosat(tmp_path, EUROSAT)
    archive = tmp_path / "EuroSAT.zip"
    whole = archive.read_bytes()
    cut(archive)
    with pytest.raises(ValueError, match=r"EuroSAT.zip: damaged or truncated archive"):
        read_eurosat(tmp_path, ["all"])
    name = b"AnnualCrop_10.jpg"
    first = whole.index(name) + len(name)
    # Right at its start, where it says how it is compressed, and further on.
    for place in (first, first + 500):
        archive.write_bytes(whole[:place] + b"\xff" * 8 + whole[place + 8 :])
        with pytest.raises(ValueError, match=r"EuroSAT.zip: damaged or truncated archive"):
            read_eurosat(tmp_path, ["all"])


# ImageNet


def put_images(folder, images, how):
    if how == "archive":
        files.write_tar(folder / "ILSVRC2012_img_val.tar", images)
    for row, (name, content) in enumerate(images.items()):
        place = {"folder": "val", "class folders": f"val/n0000000{row}"}.get(how)
        if place:
            (folder / place).mkdir(parents=True, exist_ok=True)
            (folder / place / name).write_bytes(content)


@pytest.mark.parametrize("how", ["archive", "folder", "class folders"])
def test_imagenet_counts_its_classes_by_wordnet_id(tmp_path, how):
    files.write_devkit(tmp_path, "3\n1\n2\n1\n")
    expected = files.imagenet_images(4)
    put_images(tmp_path, expected, how)
    corpus = read_imagenet(tmp_path, ["val"], "wordnet")
    images = corpus.images
    check_corpus(images, corpus.captions, "imagenet")
    assert images.image_id.tolist() == sorted(expected)
    assert contents(images) == [expected[name] for name in sorted(expected)]
    assert images.label.tolist() == [0, 2, 1, 2]
    assert images.label.dtype == np.int64
    assert images.wnid.tolist() == ["n01440764", "n02119789", "n02100735", "n02119789"]
    assert set(images.split) == {"val"}
    assert corpus.classes == {"names": ["tench", "English setter", "kit fox"]}
    assert corpus.captions.text.tolist()[:2] == ["a photo of a tench.", "a photo of a kit fox."]


def test_names_of_the_classes_of_imagenet_may_be_given(tmp_path):
    files.write_devkit(tmp_path, "1\n")
    put_images(tmp_path, files.imagenet_images(1), "archive")
    corpus = read_imagenet(tmp_path, ["val"], names=["fish", "dog", "fox"])
    assert corpus.classes == {"names": ["fish", "dog", "fox"]}
    assert corpus.captions.text.tolist() == ["a photo of a fox."]
    with pytest.raises(ValueError, match="imagenet: 2 names of classes, expected 3"):
        read_imagenet(tmp_path, ["val"], names=["fish", "dog"])


def test_the_names_of_imagenets_classes_are_those_of_clip(tmp_path):
    """A thousand classes, whose numbers are in another order than their WordNet ids."""
    synsets = [(1000 - row, f"n{row:08d}", f"thing {row}, x", 0) for row in range(1000)]
    files.write_devkit(tmp_path, "1000\n343\n", synsets)
    put_images(tmp_path, files.imagenet_images(2), "archive")
    corpus = read_imagenet(tmp_path, ["val"])
    names = corpus.classes["names"]
    assert names == list(open_clip.IMAGENET_CLASSNAMES)
    assert [names[row] for row in (0, 1, 134, 517, 999)] == [
        "tench",
        "goldfish",
        "crane bird",
        "construction crane",
        "toilet paper",
    ]
    assert corpus.images.label.tolist() == [0, 657]
    assert corpus.captions.text.tolist() == ["a photo of a tench.", "a photo of a missile."]
    assert coinciding_names(names) == [
        "classes with one name, which no prompt can tell apart: 'missile' (657, 744), "
        "'sunglasses' (836, 837)"
    ]
    real = ROOT.parent / "shared/real_files/imagenet/clip_classnames.txt"
    if not real.is_file():
        pytest.skip("real files are not here: imagenet")
    assert names == real.read_text("utf-8").splitlines()


def test_the_names_of_clip_need_its_package(tmp_path, monkeypatch):
    files.write_devkit(tmp_path, "1\n")
    put_images(tmp_path, files.imagenet_images(1), "archive")
    with pytest.raises(ValueError, match="imagenet: 1000 names of classes, expected 3"):
        read_imagenet(tmp_path, ["val"])
    monkeypatch.setattr(imagenet.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ValueError, match="package open_clip has no list IMAGENET_CLASSNAMES here"):
        read_imagenet(tmp_path, ["val"])


def test_names_are_found_without_torch():
    code = (
        "import sys; from modality_gap.data.corpora.imagenet import openai_names; "
        "print(len(openai_names()), 'torch' in sys.modules, 'open_clip' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT / "scripts"
    )
    assert done.stdout.split() == ["1000", "False", "False"], done.stderr


@pytest.mark.parametrize(
    ("truth", "complaint"),
    [
        ("1\n1001\n", "line 2 is '1001', expected the number of one of 3 classes"),
        ("0\n1\n", "line 1 is '0'"),
        ("1\nfox\n", "line 2 is 'fox'"),
        ("", "no lines"),
    ],
)
def test_a_broken_ground_truth_of_imagenet_is_named(tmp_path, truth, complaint):
    files.write_devkit(tmp_path, truth)
    with pytest.raises(ValueError, match=f"t12.tar.gz: .*ground_truth.txt: {complaint}"):
        read_imagenet(tmp_path, ["val"], "wordnet")


def test_what_is_missing_of_imagenet_is_named(tmp_path):
    with pytest.raises(ValueError, match="imagenet: unknown split 'train', expected one of val"):
        read_imagenet(tmp_path, ["train"])
    with pytest.raises(FileNotFoundError, match=r"devkit_t12.tar.gz: no such file; get it from .*"):
        read_imagenet(tmp_path, ["val"], "wordnet")
    files.write_devkit(tmp_path, "1\n2\n3\n")
    with pytest.raises(FileNotFoundError, match=r"img_val.tar: no such file, and no images in fol"):
        read_imagenet(tmp_path, ["val"], "wordnet")
    put_images(tmp_path, files.imagenet_images(2), "archive")
    with pytest.raises(FileNotFoundError, match=r"no image ILSVRC2012_val_00000003.JPEG, expected"):
        read_imagenet(tmp_path, ["val"], "wordnet")
    cut(tmp_path / "ILSVRC2012_img_val.tar", 0.05)
    with pytest.raises(ValueError, match=r"ILSVRC2012_img_val.tar: damaged or truncated"):
        read_imagenet(tmp_path, ["val"], "wordnet")


def test_a_broken_table_of_imagenet_is_named(tmp_path):
    name = "ILSVRC2012_devkit_t12"
    members = {f"{name}/data/ILSVRC2012_validation_ground_truth.txt": b"1\n"}
    archive = tmp_path / f"{name}.tar.gz"
    files.write_tar(archive, members, "w:gz")
    with pytest.raises(ValueError, match=r"t12.tar.gz: no member '.*meta.mat'"):
        read_imagenet(tmp_path, ["val"], "wordnet")
    files.write_tar(archive, {**members, f"{name}/data/meta.mat": b"no table" * 40}, "w:gz")
    with pytest.raises(ValueError, match=r"meta.mat: damaged or truncated MATLAB file"):
        read_imagenet(tmp_path, ["val"], "wordnet")
    meta = files.io.BytesIO()
    files.savemat(meta, {"synsets": np.arange(3)})
    files.write_tar(archive, {**members, f"{name}/data/meta.mat": meta.getvalue()}, "w:gz")
    with pytest.raises(ValueError, match=r"meta.mat: synsets of int64, expected ILSVRC2012_ID"):
        read_imagenet(tmp_path, ["val"], "wordnet")


# FairFace


def put_faces(folder, images, padding, how):
    name = {0.25: "fairface-img-margin025-trainval", 1.25: "fairface-img-margin125-trainval"}
    if how == "folder":
        for image, content in images.items():
            (folder / name[padding] / image).parent.mkdir(parents=True, exist_ok=True)
            (folder / name[padding] / image).write_bytes(content)
    else:
        files.write_zip(folder / f"{name[padding]}.zip", images, how)


@pytest.mark.parametrize("how", ["folder", STORED, DEFLATED])
@pytest.mark.parametrize("padding", [0.25, 1.25])
def test_fairface_has_its_labels_and_images(tmp_path, how, padding):
    expected = {
        **files.write_fairface(tmp_path, "train", files.FAIRFACE_ROWS[::-1]),
        **files.write_fairface(tmp_path, "val"),
    }
    put_faces(tmp_path, expected, padding, how)
    corpus = read_fairface(tmp_path, ["val", "train"], padding=padding)
    images = corpus.images
    check_corpus(images, corpus.captions, "fairface")
    assert images.image_id.tolist() == [
        "val/1.jpg",
        "val/2.jpg",
        "val/3.jpg",
        "train/3.jpg",
        "train/2.jpg",
        "train/1.jpg",
    ]
    assert contents(images) == [expected[name] for name in images.image_id]
    assert images.split.tolist() == ["val"] * 3 + ["train"] * 3
    assert images.age.tolist()[:3] == ["3-9", "50-59", "more than 70"]
    assert images.race.tolist()[:3] == ["East Asian", "Latino_Hispanic", "White"]
    assert images.service_test.tolist()[:3] == [False, True, True]
    assert images.service_test.dtype == bool
    assert corpus.classes is None
    assert corpus.captions.text.tolist()[:3] == [
        "a photo of an east asian man",
        "a photo of a latino woman",
        "a photo of a white woman",
    ]


def test_images_of_another_padding_are_not_taken(tmp_path):
    put_faces(tmp_path, files.write_fairface(tmp_path, "val"), 1.25, STORED)
    with pytest.raises(FileNotFoundError, match=r"margin025-trainval.zip: no such file; get it"):
        read_fairface(tmp_path, ["val"])
    with pytest.raises(ValueError, match="fairface: padding 1, expected 0.25 or 1.25"):
        read_fairface(tmp_path, ["val"], padding=1)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (("1.jpg", "03-Sep", "Male", "White", "True"), "row 1 has age '03-Sep', expected .* 3-9"),
        (("1.jpg", "3-9", "male", "White", "True"), "row 1 has gender 'male', expected .* Male"),
        (("1.jpg", "3-9", "Male", "Latino", "True"), "row 1 has race 'Latino', expected one of W"),
        (("1.jpg", "3-9", "Male", "White", ""), "row 1 has service_test '', expected one of True"),
        (("../1.jpg", "3-9", "Male", "White", "True"), "row 1 has file 'val/../1.jpg', expected"),
    ],
)
def test_a_label_that_fairface_does_not_have_is_named(tmp_path, row, complaint):
    files.write_fairface(tmp_path, "val", [row])
    with pytest.raises(ValueError, match=f"fairface_label_val.csv: {complaint}"):
        read_fairface(tmp_path, ["val"])


def test_what_is_missing_or_broken_of_fairface_is_named(tmp_path):
    with pytest.raises(ValueError, match="fairface: unknown split 'test', expected one of train, "):
        read_fairface(tmp_path, ["test"])
    with pytest.raises(FileNotFoundError, match=r"fairface_label_val.csv: no such file; get it"):
        read_fairface(tmp_path, ["val"])
    files.write_fairface(tmp_path, "val", header="file,age,gender,ethnicity,service_test")
    with pytest.raises(ValueError, match=r"label_val.csv: no column 'race', expected rows of file"):
        read_fairface(tmp_path, ["val"])
    (tmp_path / "fairface_label_val.csv").write_bytes(b"\xff\xd8\xff")
    with pytest.raises(ValueError, match=r"label_val.csv: no table .*expected comma-separated"):
        read_fairface(tmp_path, ["val"])
    files.write_fairface(tmp_path, "val", [])
    with pytest.raises(ValueError, match=r"label_val.csv: no rows"):
        read_fairface(tmp_path, ["val"])
    images = files.write_fairface(tmp_path, "val")
    images.pop("val/2.jpg")
    put_faces(tmp_path, images, 0.25, DEFLATED)
    with pytest.raises(
        FileNotFoundError, match=r"margin025-trainval: no image val/2.jpg, expected"
    ):
        read_fairface(tmp_path, ["val"])
    cut(tmp_path / "fairface-img-margin025-trainval.zip")
    with pytest.raises(ValueError, match=r"trainval.zip: damaged or truncated archive"):
        read_fairface(tmp_path, ["val"])


# Hateful Memes

MEMES = [
    {"id": "08291", "img": "img/08291.png", "label": 1, "text": 'a "quoted" text, with é\u2028'},
    {"id": 46971, "img": "img/46971.png", "label": 0, "text": "good morning"},
]


def test_hateful_memes_are_captioned_with_their_text(tmp_path):
    files.write_memes(tmp_path, "dev_seen", MEMES)
    files.write_memes(tmp_path, "dev_unseen", MEMES[:1])
    corpus = read_hateful_memes(tmp_path, ["dev_seen", "dev_unseen"])
    images = corpus.images
    check_corpus(images, corpus.captions, "memes")
    assert images.image_id.tolist() == ["dev_seen/08291", "dev_seen/46971", "dev_unseen/08291"]
    expected = [(tmp_path / meme["img"]).read_bytes() for meme in [*MEMES, MEMES[0]]]
    assert contents(images) == expected
    assert images.label.tolist() == [1, 0, 1]
    assert images.label.dtype == np.int64
    assert corpus.captions.text.tolist() == [meme["text"] for meme in [*MEMES, MEMES[0]]]
    assert corpus.classes == {"names": ["not hateful", "hateful"]}


def test_memes_without_labels_are_read_only_where_that_is_asked_for(tmp_path):
    memes = [{key: meme[key] for key in ("id", "img", "text")} for meme in MEMES]
    files.write_memes(tmp_path, "test", memes)
    with pytest.raises(ValueError, match=r"test.jsonl: no labels; .* `unlabelled: true`"):
        read_hateful_memes(tmp_path, ["test"])
    corpus = read_hateful_memes(tmp_path, ["test"], unlabelled=True)
    assert corpus.images.columns.tolist() == ["image_id", "image", "split"]
    assert corpus.classes is None
    check_corpus(corpus.images, corpus.captions, "memes")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"label": 2}, r"row 2 has label .*, expected one of 0, 1"),
        ({"label": None}, r"row 2 has label .*, expected one of 0, 1"),
        ({"img": "../46971.png"}, "line 2 has img '../46971.png', expected img/<number>.png"),
    ],
)
def test_a_broken_meme_is_named(tmp_path, change, complaint):
    files.write_memes(tmp_path, "train", [MEMES[0], MEMES[1] | change])
    with pytest.raises(ValueError, match=f"train.jsonl: {complaint}"):
        read_hateful_memes(tmp_path, ["train"])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "no memes"),
        (b'{"id": "1", "img": "img/1.png", "te', "line 1 is no meme"),
        (b'{"id": "1", "text": "x"}', "line 1 is no meme .*img"),
        (b"[1, 2]", "line 1 is no meme"),
        (b'{"text": "\xff"}', "not UTF-8 text"),
        (b'{"img": "img/1.png", "text": "x", "label": 0}\n\n{}', "line 2 is no meme"),
    ],
)
def test_a_broken_file_of_memes_is_named(tmp_path, content, complaint):
    (tmp_path / "train.jsonl").write_bytes(content)
    with pytest.raises(ValueError, match=f"train.jsonl: {complaint}"):
        read_hateful_memes(tmp_path, ["train"])


def test_memes_may_have_a_byte_order_mark_and_other_line_ends(tmp_path):
    files.write_memes(tmp_path, "train", MEMES)
    file = tmp_path / "train.jsonl"
    expected = read_hateful_memes(tmp_path, ["train"]).captions.text.tolist()
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n") + b"\r\n\r\n")
    assert read_hateful_memes(tmp_path, ["train"]).captions.text.tolist() == expected


def test_what_is_missing_of_the_memes_is_named(tmp_path):
    with pytest.raises(ValueError, match="hateful_memes: unknown split 'val', expected one of tra"):
        read_hateful_memes(tmp_path, ["val"])
    with pytest.raises(FileNotFoundError, match=r"train.jsonl: no such file; get the data set"):
        read_hateful_memes(tmp_path, ["train"])
    files.write_memes(tmp_path, "train", MEMES)
    (tmp_path / "img/46971.png").unlink()
    with pytest.raises(FileNotFoundError, match=r"img/46971.png: no such image; get the data set"):
        read_hateful_memes(tmp_path, ["train"])


# Where the files are


def test_every_source_has_an_address_and_a_hash_or_none():
    for reader, splits, options, number in (
        ("cifar10", ["train", "test"], {}, 1),
        ("cifar100", ["test"], {}, 1),
        ("svhn", ["train", "test", "extra"], {}, 3),
        ("eurosat", ["all"], {}, 1),
        ("fairface", ["val"], {}, 2),
        ("fairface", ["train", "val"], {"padding": 1.25}, 3),
    ):
        found = READERS[reader].downloads(options, splits)
        assert len(found) == number
        assert len({source["url"] for source in found.values()}) == number
        for source in found.values():
            assert source["url"].startswith("http")
            if reader == "fairface":
                assert source["hash"] is None
            else:
                algorithm, _, digest = source["hash"].partition(":")
                assert (algorithm, len(bytes.fromhex(digest))) == ("md5", 16)


def test_the_files_of_the_wanted_splits_and_padding_alone_are_downloaded():
    assert list(READERS["svhn"].downloads({}, ["test"])) == ["test_32x32.mat"]
    assert list(READERS["svhn"].downloads({}, ["val"])) == []
    assert list(READERS["fairface"].downloads({"padding": 1.25}, ["val"])) == [
        "fairface_label_val.csv",
        "fairface-img-margin125-trainval.zip",
    ]


@pytest.mark.parametrize(
    ("reader", "read", "splits"),
    [
        ("cifar10", read_cifar10, ["test"]),
        ("cifar100", read_cifar100, ["test"]),
        ("svhn", read_svhn, ["test"]),
        ("eurosat", read_eurosat, ["all"]),
        ("fairface", read_fairface, ["val"]),
    ],
)
def test_a_reader_asks_for_the_file_that_is_downloaded(tmp_path, reader, read, splits):
    with pytest.raises(FileNotFoundError) as error:
        read(tmp_path, splits)
    asked = str(error.value).split(":")[0].rsplit("/", 1)[-1]
    assert asked in READERS[reader].downloads({}, splits)
