import gzip
import json
import zipfile

import pytest
from conftest import ROOT
from rehearsal.captioned_files import (
    aokvqa_question,
    coco_name,
    karpathy,
    photograph,
    write_coco,
    write_mmvp_vlm,
    write_photographs,
    write_tar,
    write_zip,
)
from rehearsal.webdataset_files import write_shard

from modality_gap.data.archives import read_place
from modality_gap.data.corpora import check_corpus, first_images
from modality_gap.data.corpora.aokvqa import read_aokvqa
from modality_gap.data.corpora.cc3m import read_cc3m
from modality_gap.data.corpora.coco import read_coco
from modality_gap.data.corpora.flickr30k import read_flickr30k
from modality_gap.data.corpora.mmvp_vlm import read_mmvp_vlm

SHARED = ROOT.parent / "shared/real_files"
VAL = {
    391895: [(770, "A man on a bike. "), (771, "Someone rides\n")],
    139: [(12, "A room."), (7, "A living room."), (99, "A room.")],
    42: [(5, "A dog sleeps.")],
}
TRAIN = {9: [(1, "Food in boxes.")], 25: [(3, "A giraffe."), (2, "Giraffes eat.")]}


def texts_of(corpus):
    """The captions of each image, in order, after a check of the whole corpus."""
    check_corpus(corpus.images, corpus.captions, "corpus")
    found = corpus.captions.groupby("image_id", sort=False).text.apply(list)
    return [found[image] for image in corpus.images.image_id]


@pytest.fixture
def coco(tmp_path):
    return write_coco(tmp_path, {"val2017": VAL, "train2017": TRAIN})


def test_coco_comes_in_the_files_order_with_captions_by_id(coco):
    found = read_coco(coco, ["val", "train"], 2017)
    assert list(found.images.image_id) == [
        coco_name(number, "val2017") for number in [391895, 139, 42, 9, 25]
    ]
    assert list(found.images.split) == ["val"] * 3 + ["train"] * 2
    assert texts_of(found) == [
        ["A man on a bike.", "Someone rides"],
        ["A living room.", "A room.", "A room."],
        ["A dog sleeps."],
        ["Food in boxes."],
        ["Giraffes eat.", "A giraffe."],
    ]
    assert list(found.captions.caption_id[found.captions.text == "A giraffe."]) == ["3"]
    for image, number in zip(found.images.image, [391895, 139, 42, 9, 25], strict=True):
        assert read_place(image) == photograph(number)
    assert str(coco / "val2017.zip") in found.images.image[0]
    assert found.classes is None


def test_the_first_images_of_each_split_are_kept(coco):
    found = first_images(read_coco(coco, ["val", "train"], 2017), 2)
    numbers = [391895, 139, 9, 25]
    assert list(found.images.image_id) == [coco_name(number, "val2017") for number in numbers]
    assert len(texts_of(found)) == 4


def test_captions_of_coco_without_a_text_are_counted(tmp_path):
    write_coco(tmp_path, {"val2017": {1: [(4, " \n"), (5, "x")], 2: [(6, "y"), (7, "")]}})
    found = read_coco(tmp_path, ["val"], 2017)
    assert texts_of(found) == [["x"], ["y"]]
    assert list(found.remarks) == [
        f"{tmp_path}: 2 captions without a text are left out, such as 4, 7"
    ]
    write_coco(tmp_path, {"val2017": {1: [(4, "")], 2: [(6, "y")]}})
    found = read_coco(tmp_path, ["val"], 2017)
    with pytest.raises(ValueError, match=r"image '000000000001.jpg' has no caption"):
        check_corpus(found.images, found.captions, "coco")


def test_only_the_wanted_splits_need_their_files(coco):
    (coco / "train2017.zip").unlink()
    assert len(read_coco(coco, ["val"], 2017).images) == 3


def test_coco_is_read_from_unpacked_folders_too(coco):
    for archive in ("val2017.zip", "annotations_trainval2017.zip"):
        with zipfile.ZipFile(coco / archive) as members:
            members.extractall(coco)
        (coco / archive).unlink()
    found = read_coco(coco, ["val"], 2017)
    assert found.images.image[1] == str(coco / "val2017/000000000139.jpg")
    assert texts_of(found)[1] == ["A living room.", "A room.", "A room."]


def test_coco_of_2014_has_its_own_names(tmp_path):
    write_coco(tmp_path, {"val2014": VAL, "val2017": TRAIN})
    found = read_coco(tmp_path, ["val"], release=2014)
    assert list(found.images.image_id) == [
        f"COCO_val2014_{number:012d}.jpg" for number in [391895, 139, 42]
    ]
    assert read_place(found.images.image[2]) == photograph(42)


@pytest.fixture
def split_coco(tmp_path):
    rows = [("val", "test", 42), ("train", "train", 9), ("val", "restval", 139), ("val", "val", 73)]
    images = [
        {
            "filepath": f"{part}2014",
            "filename": coco_name(number, f"{part}2014"),
            "split": split,
            "captions": [f"{split} {place} " for place in range(2)],
        }
        for part, split, number in rows
    ]
    content = json.dumps(karpathy(images, "coco")).encode()
    members = {"dataset_flickr8k.json": b"{}", "dataset_coco.json": content}
    write_zip(tmp_path / "caption_datasets.zip", members, zipfile.ZIP_DEFLATED)
    write_photographs(tmp_path, "val2014", [42, 139, 73])
    write_photographs(tmp_path, "train2014", [9])
    return tmp_path


def test_karpathys_splits_of_coco(split_coco):
    found = read_coco(split_coco, ["train", "restval"], release="karpathy")
    assert list(found.images.image_id) == [coco_name(9, "train2014"), coco_name(139, "val2014")]
    assert list(found.images.split) == ["train", "restval"]
    assert [read_place(image) for image in found.images.image] == [photograph(9), photograph(139)]
    assert texts_of(found) == [["train 0", "train 1"], ["restval 0", "restval 1"]]
    assert list(found.captions.caption_id) == ["2", "3", "4", "5"]
    (split_coco / "train2014.zip").unlink()
    assert len(read_coco(split_coco, ["test", "val"], release="karpathy").images) == 2


@pytest.mark.parametrize(
    ("splits", "release", "message"),
    [
        (["test"], "2017", "coco, release 2017: unknown split 'test', expected one of train, val"),
        ([], "2017", "coco, release 2017: no split"),
        (["val"], "2015", "unknown split '2015', expected one of 2014, 2017, karpathy"),
        (["test2"], "karpathy", "expected one of train, restval, val, test"),
    ],
)
def test_an_unknown_split_of_coco_is_named(coco, splits, release, message):
    with pytest.raises(ValueError, match=message):
        read_coco(coco, splits, release=release)


def test_a_split_that_karpathys_file_lacks_is_named(tmp_path):
    images = [{"filename": "1.jpg", "split": "train", "captions": ["x"]}]
    (tmp_path / "dataset_coco.json").write_text(json.dumps(karpathy(images, "coco")))
    with pytest.raises(ValueError, match="dataset_coco.json: unknown split 'val', expected one of"):
        read_coco(tmp_path, ["val"], release="karpathy")


@pytest.mark.parametrize("file", ["val2017.zip", "annotations_trainval2017.zip"])
def test_a_missing_archive_of_coco_is_named(coco, file):
    (coco / file).unlink()
    with pytest.raises(FileNotFoundError, match=rf"{file}: no such file; .*cocodataset.org"):
        read_coco(coco, ["val"], 2017)


@pytest.mark.parametrize("file", ["val2017.zip", "annotations_trainval2017.zip"])
def test_a_truncated_archive_of_coco_is_named(coco, file):
    content = (coco / file).read_bytes()
    (coco / file).write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match=rf"{file}: damaged or truncated archive"):
        read_coco(coco, ["val"], 2017)


def test_a_damaged_file_of_captions_is_named(coco):
    content = bytearray((coco / "annotations_trainval2017.zip").read_bytes())
    content[120:140] = bytes(20)
    (coco / "annotations_trainval2017.zip").write_bytes(content)
    with pytest.raises(ValueError, match=r"annotations_trainval2017.zip: damaged or truncated"):
        read_coco(coco, ["val"], 2017)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"images": [', "captions_val2017.json: damaged or truncated JSON"),
        (b'{"images": []}', "no file of captions.*annotations"),
        (
            b'{"images": [], "annotations": [{"id": 1, "image_id": 5, "caption": "x"}]}',
            "no file of captions.*image_id of one of them",
        ),
        (b"[1]", "no file of captions"),
    ],
)
def test_a_wrong_file_of_captions_is_named(coco, content, message):
    (coco / "annotations").mkdir()
    (coco / "annotations/captions_val2017.json").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        read_coco(coco, ["val"], 2017)


def test_an_archive_of_captions_without_the_split_is_named(coco):
    write_zip(coco / "annotations_trainval2017.zip", {"annotations/x.json": b"{}"})
    with pytest.raises(ValueError, match=r"no member 'annotations/captions_val2017.json'"):
        read_coco(coco, ["val"], 2017)


def test_a_photograph_that_is_not_there_is_named(coco):
    write_photographs(coco, "val2017", [391895, 42])
    with pytest.raises(FileNotFoundError, match=r"val2017: no image 000000000139.jpg"):
        read_coco(coco, ["val"], 2017)


def test_compressed_photographs_are_refused(coco):
    members = {f"val2017/{coco_name(number, 'val2017')}": bytes(1000) for number in VAL}
    write_zip(coco / "val2017.zip", members, zipfile.ZIP_DEFLATED)
    with pytest.raises(ValueError, match=r"val2017.zip: .* is compressed, expected it stored"):
        read_coco(coco, ["val"], 2017)


TOKENS = (
    "1000092795.jpg#0\tTwo young guys .\n1000092795.jpg#1\tTwo men .\n"
    "10002456.jpg#1\tSecond , with # and \ttab .\n10002456.jpg#0\tFirst .\n"
)
FLICKR = ["1000092795.jpg", "10002456.jpg", "7.jpg"]


@pytest.fixture
def flickr(tmp_path):
    """The images in a tar, among what macOS leaves there; the tokens; Karpathy's file."""
    members = {f"flickr30k-images/{name}": photograph(len(name)) for name in FLICKR}
    members["flickr30k-images/._7.jpg"] = b"of a file system"
    write_tar(tmp_path / "flickr30k-images.tar", members)
    (tmp_path / "results_20130124.token").write_text(TOKENS)
    images = [
        {"filename": name, "split": split, "captions": [f"A {split}.", "b"]}
        for name, split in zip(FLICKR, ["train", "test", "val"], strict=True)
    ]
    content = json.dumps(karpathy(images, "flickr30k"))
    (tmp_path / "dataset_flickr30k.json").write_text(content)
    return tmp_path


def test_flickr30k_with_its_own_captions(flickr):
    found = read_flickr30k(flickr, ["all"])
    assert list(found.images.image_id) == FLICKR[:2]
    assert set(found.images.split) == {"all"}
    assert texts_of(found) == [
        ["Two young guys .", "Two men ."],
        ["First .", "Second , with # and \ttab ."],
    ]
    assert list(found.captions.caption_id[:2]) == ["1000092795.jpg#0", "10002456.jpg#0"]
    assert read_place(found.images.image[1]) == photograph(len(FLICKR[1]))


def test_karpathys_splits_of_flickr30k(flickr):
    found = read_flickr30k(flickr, ["val", "train"])
    assert list(found.images.image_id) == [FLICKR[0], FLICKR[2]]
    assert list(found.images.split) == ["train", "val"]
    assert "filepath" not in found.images
    assert texts_of(found) == [["A train.", "b"], ["A val.", "b"]]


def test_flickr30k_is_read_from_a_folder_too(flickr):
    (flickr / "flickr30k-images.tar").unlink()
    (flickr / "flickr30k-images").mkdir()
    (flickr / "flickr30k-images/7.jpg").write_bytes(photograph(1))
    assert read_place(read_flickr30k(flickr, ["val"]).images.image[0]) == photograph(1)
    with pytest.raises(FileNotFoundError, match=r"no image 10002456.jpg"):
        read_flickr30k(flickr, ["test"])


@pytest.mark.parametrize(
    ("splits", "missing", "message"),
    [
        (["all"], "results_20130124.token", "token: no such file; ask for the data at"),
        (["all"], "flickr30k-images.tar", "flickr30k-images: no such folder; ask for the data"),
        (["val"], "dataset_flickr30k.json", "caption_datasets.zip: no such file; get it from"),
    ],
)
def test_what_flickr30k_lacks_is_named(flickr, splits, missing, message):
    (flickr / missing).unlink()
    with pytest.raises(FileNotFoundError, match=message):
        read_flickr30k(flickr, splits)


@pytest.mark.parametrize(
    "line", ["1.jpg#0 no tab", "1.jpg\tno number", "1.jpg#x\tno number", "1.jpg#0\t "]
)
def test_a_broken_line_of_tokens_is_named(flickr, line):
    (flickr / "results_20130124.token").write_text(TOKENS + line + "\n")
    with pytest.raises(ValueError, match=r"token: line 5 is '1.jpg"):
        read_flickr30k(flickr, ["all"])


def test_flickr30ks_other_errors(flickr):
    with pytest.raises(ValueError, match="unknown split 'dev', expected one of train, val, test"):
        read_flickr30k(flickr, ["dev"])
    whole = (flickr / "flickr30k-images.tar").read_bytes()
    (flickr / "flickr30k-images.tar").write_bytes(whole[:700])
    with pytest.raises(ValueError, match=r"flickr30k-images.tar: damaged or truncated"):
        read_flickr30k(flickr, ["val"])
    (flickr / "dataset_flickr30k.json").write_text('{"images": [{"split": "val"}]}')
    with pytest.raises(ValueError, match=r"dataset_flickr30k.json: no file of Karpathy's"):
        read_flickr30k(flickr, ["val"])


ROWS = ["a sunset", 'a "quoted" dog', "christmas tree", "été"]


@pytest.fixture
def cc3m(tmp_path):
    lines = [f"{text}\thttp://example.org/{row}?x=1" for row, text in enumerate(ROWS)]
    name = tmp_path / "Validation_GCC-1.1.0-Validation.tsv"
    name.write_text("\n".join(lines) + "\n", "utf-8")
    (tmp_path / "validation").mkdir()
    for file in ("3.jpg", "00001.PNG", "_report.csv"):
        (tmp_path / "validation" / file).write_bytes(photograph(len(file)))
    return tmp_path


def test_rows_of_cc3m_whose_images_are_there(cc3m):
    found = read_cc3m(cc3m, ["validation"])
    assert list(found.images.image_id) == ["validation/1", "validation/3"]
    assert texts_of(found) == [['a "quoted" dog'], ["été"]]
    assert [read_place(image) for image in found.images.image] == [photograph(9), photograph(5)]


TABLE = "Validation_GCC-1.1.0-Validation.tsv"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "caption\turl\n" + text,
        lambda text: "\ufeff" + text,
        lambda text: "\ufeffcaption\turl\n" + text.replace("\n", "\r\n") + "\r\n \r\n",
        lambda text: text + "\n\n",
        lambda text: text.replace("?x=1", "?x=1\tdog,pet\t/m/0bt9lr\t0.9,0.8"),
    ],
)
def test_tables_of_cc3m_as_others_leave_them(cc3m, spoil):
    text = (cc3m / TABLE).read_text("utf-8")
    (cc3m / TABLE).write_bytes(spoil(text).encode())
    found = read_cc3m(cc3m, ["validation"])
    assert texts_of(found) == [['a "quoted" dog'], ["été"]]
    header = "caption\turl" in spoil(text)
    assert header == any("line 1 is a header" in line for line in found.remarks)
    assert "4 rows, of which 2 have an image" in found.remarks[-2]
    assert found.remarks[-1].endswith("1 .csv")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("http://x.org/1\ta dog\n", "line 1 is 'http"),
        ("url\tcaption\nhttp://x.org/1\ta dog\n", "line 2 is 'http"),
        ("caption\turl\n", "no rows, expected a caption"),
        ("", "no rows, expected a caption"),
        ("a dog\thttp://x\n\na cat\thttp://y\n", "line 2 is ''"),
    ],
)
def test_a_table_of_another_kind_is_named(cc3m, text, message):
    (cc3m / TABLE).write_text(text)
    with pytest.raises(ValueError, match=message):
        read_cc3m(cc3m, ["validation"])


def test_the_real_table_of_cc3m(cc3m):
    real = SHARED / "cc3m" / TABLE
    if not real.is_file():
        pytest.skip("real files are not here: cc3m")
    lines = real.read_text("utf-8").splitlines()
    for header in ([], ["caption\turl"]):
        (cc3m / TABLE).write_text("\n".join([*header, *lines]), "utf-8")
        texts = texts_of(read_cc3m(cc3m, ["validation"]))
        assert texts == [[lines[row].split("\t")[0].strip()] for row in (1, 3)]


def test_shards_of_img2dataset(cc3m):
    for shard, row in (("00001", 10000), ("00000", 0)):
        samples = [{"jpg": photograph(row), "txt": f"text {row}".encode(), "json": b"{}"}]
        write_shard(cc3m / f"training/{shard}.tar", samples, first=row)
    (cc3m / "training/00000_stats.json").write_text("{}")
    found = read_cc3m(cc3m, ["training", "validation"])
    assert list(found.images.image_id[:2]) == ["training/s0000000", "training/s0010000"]
    assert texts_of(found)[:2] == [["text 0"], ["text 10000"]]
    assert read_place(found.images.image[1]) == photograph(10000)
    assert len(found.images) == 4


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("4.jpg", r"4.jpg: expected an image's row in Validation.*, from 0 to 3"),
        ("dog.jpg", r"dog.jpg: expected an image's row"),
        ("001.jpg", r"a second image of row 1"),
    ],
)
def test_an_image_of_cc3m_without_a_row_is_named(cc3m, name, message):
    (cc3m / "validation" / name).write_bytes(photograph(0))
    with pytest.raises(ValueError, match=message):
        read_cc3m(cc3m, ["validation"])


def test_what_cc3m_lacks_is_named(cc3m):
    with pytest.raises(FileNotFoundError, match=r"training: no such folder.*img2dataset"):
        read_cc3m(cc3m, ["training"])
    with pytest.raises(ValueError, match="unknown split 'val', expected one of training"):
        read_cc3m(cc3m, ["val"])
    table = cc3m / "Validation_GCC-1.1.0-Validation.tsv"
    table.write_text("a dog\thttp://x\na cat\n")
    with pytest.raises(ValueError, match="line 2 is 'a cat', expected a caption, a tab"):
        read_cc3m(cc3m, ["validation"])
    table.unlink()
    with pytest.raises(FileNotFoundError, match="no such file; get it from https://ai.google.com"):
        read_cc3m(cc3m, ["validation"])
    for path in (cc3m / "validation").iterdir():
        path.unlink()
    table.write_text("a dog\thttp://x\n")
    with pytest.raises(FileNotFoundError, match="validation: no images, expected some"):
        read_cc3m(cc3m, ["validation"])


QUESTIONS = [
    aokvqa_question("22jbM6", 461751, "What is in his mouth?", ["pick", "food", "cigar"], 2),
    aokvqa_question("22MexN", 139, "What awaits he?", ["cab", "train", "bus", "cat"], 0),
    aokvqa_question("22abcd", 139, "Which room?", ["bath", "living", "bed", "dining"], 1),
]


@pytest.fixture
def aokvqa(tmp_path):
    write_photographs(tmp_path, "val2017", [139, 461751])
    write_questions(tmp_path, QUESTIONS)
    return tmp_path


def write_questions(folder, questions):
    members = {"aokvqa_v1p0_val.json": json.dumps(questions).encode(), "vocabulary.csv": b"x"}
    write_tar(folder / "aokvqa_v1p0.tar.gz", members, "w:gz")


def test_aokvqa_has_a_row_a_question(aokvqa):
    found = read_aokvqa(aokvqa, ["val"])
    images = found.images
    assert list(images.image_id) == ["22jbM6", "22MexN", "22abcd"]
    assert list(images.photograph) == ["000000461751.jpg", "000000000139.jpg", "000000000139.jpg"]
    assert read_place(images.image[0]) == photograph(461751)
    assert images.image[1] == images.image[2]
    assert list(images.answer) == ["cigar", "cab", "living"]
    assert images.choices[0] == ["pick", "food", "cigar"]
    assert list(images.correct_choice_idx) == [2, 0, 1]
    assert images.direct_answers[0] == ["cigar"] * 9 + ["something"]
    assert texts_of(found)[:2] == [["What is in his mouth? cigar"], ["What awaits he? cab"]]


def test_aokvqa_is_read_unpacked_too(aokvqa):
    (aokvqa / "aokvqa_v1p0.tar.gz").unlink()
    (aokvqa / "aokvqa_v1p0_val.json").write_text(json.dumps(QUESTIONS[:1]))
    assert list(read_aokvqa(aokvqa, ["val"]).images.image_id) == ["22jbM6"]


@pytest.mark.parametrize("right", [3, -1, None, "2"])
def test_a_right_choice_that_is_none_is_named(aokvqa, right):
    write_questions(aokvqa, [QUESTIONS[0] | {"correct_choice_idx": right}])
    with pytest.raises(ValueError, match=r"question '22jbM6' has correct_choice_idx .* 0 to 2"):
        read_aokvqa(aokvqa, ["val"])


def test_aokvqas_other_errors(aokvqa):
    with pytest.raises(ValueError, match="unknown split 'test', expected one of train, val"):
        read_aokvqa(aokvqa, ["test"])
    with pytest.raises(ValueError, match=r"no member 'aokvqa_v1p0_train.json'"):
        read_aokvqa(aokvqa, ["train"])
    write_questions(aokvqa, [{"question_id": "x"}])
    with pytest.raises(ValueError, match=r"val.json: no list of questions \(KeyError\('image_id'"):
        read_aokvqa(aokvqa, ["val"])
    write_questions(aokvqa, [])
    with pytest.raises(ValueError, match=r"val.json: no questions"):
        read_aokvqa(aokvqa, ["val"])
    (aokvqa / "aokvqa_v1p0_val.json").write_text("[{")
    with pytest.raises(ValueError, match=r"val.json: damaged or truncated JSON"):
        read_aokvqa(aokvqa, ["val"])
    (aokvqa / "aokvqa_v1p0_val.json").unlink()
    archive = aokvqa / "aokvqa_v1p0.tar.gz"
    archive.write_bytes(archive.read_bytes()[:60])
    with pytest.raises(ValueError, match=r"aokvqa_v1p0.tar.gz: damaged or truncated"):
        read_aokvqa(aokvqa, ["val"])
    archive.unlink()
    with pytest.raises(FileNotFoundError, match=r"tar.gz: no such file; expected as .*allenai"):
        read_aokvqa(aokvqa, ["val"])


def test_a_photograph_that_aokvqa_lacks_is_named(aokvqa):
    write_photographs(aokvqa, "val2017", [139])
    with pytest.raises(FileNotFoundError, match=r"val2017: no image 000000461751.jpg"):
        read_aokvqa(aokvqa, ["val"])


PAIRS = [
    (1, "Orientation", "a dog, facing left"),
    (2, "Orientation", "a dog, facing right"),
    (241, "Camera Perspective", "a street from above"),
    (242, "Camera Perspective", "a street at eye level"),
]


def test_mmvp_vlm_has_pairs_of_patterns(tmp_path):
    found = read_mmvp_vlm(write_mmvp_vlm(tmp_path, PAIRS), ["test"])
    images = found.images
    assert list(images.image_id) == ["1", "2", "241", "242"]
    assert list(images.pattern) == ["Orientation"] * 2 + ["Camera Perspective"] * 2
    assert list(images.pair) == [1, 1, 121, 121]
    assert [read_place(image) for image in images.image] == [
        photograph(number) for number in (1, 2, 241, 242)
    ]
    assert list(images.statement) == [row[2] for row in PAIRS]
    assert texts_of(found)[0] == ["a photo of a dog, facing left"]


@pytest.mark.parametrize(
    "rows",
    [
        PAIRS[:3],
        PAIRS[1:],
        [PAIRS[0], PAIRS[2]],
        [PAIRS[0], (2, "Color", "red")],
        [PAIRS[1], PAIRS[0]],
        [(2, "Color", "red"), (3, "Color", "blue")],
    ],
)
def test_rows_that_are_no_pair_are_named(tmp_path, rows):
    with pytest.raises(ValueError, match=r"Questions.csv: number \d+ starts no pair"):
        read_mmvp_vlm(write_mmvp_vlm(tmp_path, rows), ["test"])


def test_mmvp_vlms_other_errors(tmp_path):
    write_mmvp_vlm(tmp_path, PAIRS)
    with pytest.raises(ValueError, match="unknown split 'train', expected one of test"):
        read_mmvp_vlm(tmp_path, ["train"])
    (tmp_path / "MLLM_VLM Images/Orientation/2.jpg").unlink()
    with pytest.raises(FileNotFoundError, match=r"Orientation/2.jpg: no such image; get https"):
        read_mmvp_vlm(tmp_path, ["test"])
    table = tmp_path / "Questions.csv"
    for content, message in (
        ("Question ID,Type\n1,x\n", "no column 'Statement'"),
        ("Question ID,Type,Statement\n1,x,a\nb,x,a\n", "row 2 is no question"),
        ("Question ID,Type,Statement\n1,,a\n", "row 1 is no question"),
        ("Question ID,Type,Statement\n", "row 1 is no question"),
        ("", "no table of comma-separated values"),
        ('Question ID,Type,Statement\n1,x,"a', "no table of comma-separated values"),
    ):
        table.write_text(content)
        with pytest.raises(ValueError, match=f"Questions.csv: {message}") as raised:
            read_mmvp_vlm(tmp_path, ["test"])
        assert "\n" not in str(raised.value)
    table.unlink()
    with pytest.raises(FileNotFoundError, match=r"Questions.csv: no such file; get https"):
        read_mmvp_vlm(tmp_path, ["test"])


def test_a_compressed_tar_of_flickr30k_is_refused(flickr):
    archive = flickr / "flickr30k-images.tar"
    archive.write_bytes(gzip.compress(archive.read_bytes()))
    with pytest.raises(ValueError, match=r"flickr30k-images.tar: compressed with gzip"):
        read_flickr30k(flickr, ["val"])
