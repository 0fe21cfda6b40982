import json
import os
import sys
import zipfile
from pathlib import Path

import dataset_files
import pyarrow as pa
import pytest
from PIL import Image
from rehearsal import labelled_files
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
from rehearsal.webdataset_files import write_classification, write_retrieval

from modality_gap.data import watched
from modality_gap.data.archives import PLACE
from modality_gap.data.corpora.aokvqa import read_aokvqa
from modality_gap.data.corpora.cc3m import read_cc3m
from modality_gap.data.corpora.cifar10 import read_cifar10
from modality_gap.data.corpora.cifar100 import read_cifar100
from modality_gap.data.corpora.coco import read_coco
from modality_gap.data.corpora.datasets import read_datasets
from modality_gap.data.corpora.eurosat import NAMES, read_eurosat
from modality_gap.data.corpora.fairface import read_fairface
from modality_gap.data.corpora.flickr30k import read_flickr30k
from modality_gap.data.corpora.folder import read_folder
from modality_gap.data.corpora.hateful_memes import read_hateful_memes
from modality_gap.data.corpora.imagenet import read_imagenet
from modality_gap.data.corpora.mmvp_vlm import read_mmvp_vlm
from modality_gap.data.corpora.svhn import read_svhn
from modality_gap.data.corpora.webdataset import read_webdataset
from modality_gap.data.watched import (
    fingerprint,
    first_equal_files,
    folder_files,
    hash_file,
    write_record,
)
from modality_gap.study.corpora import READERS as KNOWN


@pytest.fixture
def hashed(monkeypatch):
    """Which files' contents were read."""
    names = []

    def counted(file):
        names.append(os.path.basename(file))
        return hash_file(file)

    monkeypatch.setattr(watched, "hash_file", counted)
    return names


@pytest.fixture
def pictures(tmp_path):
    for name in "abc":
        (tmp_path / f"{name}.png").write_text(name * 9)
    return tmp_path


def listed(folder):
    return folder_files(folder, [("*.png",)])


def later(file):
    """Change a file's time alone."""
    now = os.stat(file).st_mtime_ns + 10**9
    os.utime(file, ns=(now, now))


def test_a_first_plan_reads_no_contents_and_the_job_confirms_it(pictures, hashed):
    record = pictures / "files.json"
    first = fingerprint(record, listed(pictures))
    assert not hashed
    contents = write_record(record, first, listed(pictures))
    assert sorted(hashed) == ["a.png", "b.png", "c.png"]
    hashed.clear()
    assert fingerprint(record, listed(pictures)) == first
    assert not hashed
    assert write_record(record, "another", listed(pictures)) == contents
    assert fingerprint(record, listed(pictures)) == "another"


def test_touched_files_are_read_once_and_are_the_same(pictures, hashed):
    record = pictures / "files.json"
    write_record(record, "value", listed(pictures))
    hashed.clear()
    later(pictures / "b.png")
    assert fingerprint(record, listed(pictures)) == "value"
    assert hashed == ["b.png"]
    assert fingerprint(record, listed(pictures)) == "value"
    assert hashed == ["b.png"]
    assert [path.name for path in pictures.glob("files*")] == ["files.json"]


def test_results_that_may_not_be_written_are_planned(pictures, hashed, monkeypatch):
    record = pictures / "files.json"
    write_record(record, "value", listed(pictures))
    hashed.clear()
    later(pictures / "b.png")

    def forbidden(*_):
        raise PermissionError("read-only")

    monkeypatch.setattr(watched, "replace_record", forbidden)
    assert [fingerprint(record, listed(pictures)) for _ in "xy"] == ["value", "value"]
    assert hashed == ["b.png", "b.png"]


def change_contents(folder):
    (folder / "b.png").write_text("d" * 9)
    later(folder / "b.png")


CHANGES = {
    "another picture of the same size": change_contents,
    "another size": lambda folder: (folder / "b.png").write_text("longer than it was"),
    "one more": lambda folder: (folder / "d.png").write_text("new"),
    "one less": lambda folder: (folder / "c.png").unlink(),
    "another name": lambda folder: (folder / "c.png").rename(folder / "d.png"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_another_value_until_it_is_read(pictures, change):
    record = pictures / "files.json"
    first = fingerprint(record, listed(pictures))
    contents = write_record(record, first, listed(pictures))
    kept = {file: os.stat(file) for file in listed(pictures)}
    before = {file: Path(file).read_text() for file in kept}
    CHANGES[change](pictures)
    changed = fingerprint(record, listed(pictures))
    assert changed != first
    assert fingerprint(record, listed(pictures)) == changed
    assert write_record(record, changed, listed(pictures)) != contents
    assert fingerprint(record, listed(pictures)) == changed
    # Back to the first files, with their first times: that is a change again.
    for file in set(listed(pictures)) - set(kept):
        os.unlink(file)
    for file, found in kept.items():
        Path(file).write_text(before[file])
        os.utime(file, ns=(found.st_mtime_ns, found.st_mtime_ns))
    assert fingerprint(record, listed(pictures)) not in (changed, first)


def test_the_files_of_a_table_are_those_of_its_record(pictures):
    record = pictures / "files.json"
    first = fingerprint(record, None)
    write_record(record, first, listed(pictures)[:2])
    assert fingerprint(record, None) == first
    (pictures / "c.png").unlink()
    assert fingerprint(record, None) == first
    (pictures / "b.png").unlink()
    assert fingerprint(record, None) != first
    with pytest.raises(FileNotFoundError, match=r"b.png: no such file, though it was there"):
        write_record(record, first, [pictures / "b.png"])
    assert set(json.loads(record.read_text())["files"]) == {
        str(pictures / "a.png"),
        str(pictures / "b.png"),
    }


def test_of_alternatives_the_first_that_is_there_counts(tmp_path):
    (tmp_path / "a[1]/val").mkdir(parents=True)
    for name in ("val.zip", "val/1.jpg", "val/.hidden"):
        (tmp_path / "a[1]" / name).write_text("x")
    patterns = [("val/*", "val.zip"), ("none/*",)]
    assert folder_files(tmp_path / "a[1]", patterns) == [str(tmp_path / "a[1]/val/1.jpg")]
    (tmp_path / "a[1]/val/1.jpg").unlink()
    assert folder_files(tmp_path / "a[1]", patterns) == [str(tmp_path / "a[1]/val.zip")]


OPENED = None


def note_opened(event, arguments):
    if OPENED is not None and event == "open" and isinstance(arguments[0], str | os.PathLike):
        OPENED.add(os.path.abspath(arguments[0]))


sys.addaudithook(note_opened)


def opened_by(read, folder):
    """The files in a folder that a reader opens, or leaves images in."""
    global OPENED
    OPENED = set()
    try:
        images = read().images
        found = {file for file in OPENED if file.startswith(f"{folder}{os.sep}")}
    finally:
        OPENED = None
    for image in images.image:
        if isinstance(image, str):
            place = PLACE.fullmatch(image)
            found.add(place["file"] if place else image)
    return {file for file in found if os.path.isfile(file)}


def labelled(folder, write, read, splits, **options):
    write(folder)
    return lambda: read(folder, splits, **options)


def faces(folder, zipped):
    images = labelled_files.write_fairface(folder, "val")
    name = folder / "fairface-img-margin025-trainval"
    labelled_files.write_zip(name.with_suffix(".zip"), images, 0)
    if not zipped:
        with zipfile.ZipFile(name.with_suffix(".zip")) as members:
            members.extractall(name)


def memes(folder):
    rows = [{"id": n, "img": f"img/{n}.png", "label": n % 2, "text": "x"} for n in range(3)]
    labelled_files.write_memes(folder, "train", rows)


def coco(folder, unpacked):
    write_coco(folder, {"val2017": {7: [(1, "x")], 8: [(2, "y")]}})
    for name in ("val2017", "annotations_trainval2017") if unpacked else ():
        with zipfile.ZipFile(folder / f"{name}.zip") as members:
            members.extractall(folder)


def karpathy_coco(folder):
    images = [
        {"filepath": "val2014", "filename": coco_name(7, "val2014"), "split": "val"}
        | {"captions": ["x"]}
    ]
    write_zip(
        folder / "caption_datasets.zip",
        {"dataset_coco.json": json.dumps(karpathy(images, "coco")).encode()},
    )
    write_photographs(folder, "val2014", [7])


def flickr(folder, tokens):
    write_tar(folder / "flickr30k-images.tar", {"flickr30k-images/1.jpg": photograph(1)})
    (folder / "results_20130124.token").write_text("1.jpg#0\ta dog\n")
    images = [{"filename": "1.jpg", "split": "val", "captions": ["x"]}]
    (folder / "dataset_flickr30k.json").write_text(json.dumps(karpathy(images, "flickr30k")))
    if tokens:
        (folder / "flickr30k-images").mkdir()
        (folder / "flickr30k-images/1.jpg").write_bytes(photograph(1))


def cc3m(folder):
    (folder / "training").mkdir()
    (folder / "training/0.jpg").write_bytes(photograph(1))
    (folder / "Train_GCC-training.tsv").write_text("a dog\thttp://x.org\n")


def aokvqa(folder):
    questions = [aokvqa_question("q", 7, "what?", ["a", "b"], 0)]
    write_tar(
        folder / "aokvqa_v1p0.tar.gz",
        {"aokvqa_v1p0_val.json": json.dumps(questions).encode()},
        "w:gz",
    )
    write_photographs(folder, "val2017", [7])


def imagenet(folder, unpacked):
    labelled_files.write_devkit(folder, "1\n2\n")
    images = labelled_files.imagenet_images(2)
    if unpacked:
        (folder / "val/n01").mkdir(parents=True)
        for name, content in images.items():
            (folder / "val/n01" / name).write_bytes(content)
    else:
        labelled_files.write_tar(folder / "ILSVRC2012_img_val.tar", images)


def classes_and_captions(folder):
    for name in ("a/x", "b/y", "b/z"):
        (folder / name).mkdir(parents=True)
        Image.new("RGB", (4, 4)).save(folder / name / "1.png")
        (folder / name / "1.txt").write_text("a dog")


def saved(folder):
    (folder / "test").mkdir()
    (folder / "test/1.png").write_bytes(dataset_files.png(1))
    image = pa.array([{"bytes": None, "path": "1.png"}], dataset_files.IMAGE)
    dataset_files.save_to_disk(folder / "test", [pa.table({"image": image, "caption": ["x"]})])
    (folder / "dataset_dict.json").write_text(json.dumps({"splits": ["test"]}))


SQUARES = [Image.new("RGB", (4, 4), (row * 50, 0, 0)) for row in range(3)]
FILES = labelled_files
READERS = [
    ("cifar10", FILES.write_cifar10, read_cifar10, ["train", "test"], {}),
    ("cifar100", FILES.write_cifar100, read_cifar100, ["test"], {}),
    ("svhn", lambda f: FILES.write_svhn(f, "test", [1, 2]), read_svhn, ["test"], {}),
    ("eurosat", lambda f: FILES.write_eurosat(f, list(NAMES)), read_eurosat, ["all"], {}),
    ("imagenet", lambda f: imagenet(f, True), read_imagenet, ["val"], {"names": "wordnet"}),
    ("imagenet", lambda f: imagenet(f, False), read_imagenet, ["val"], {"names": "wordnet"}),
    ("fairface", lambda f: faces(f, True), read_fairface, ["val"], {}),
    ("fairface", lambda f: faces(f, False), read_fairface, ["val"], {"padding": 0.25}),
    ("hateful_memes", memes, read_hateful_memes, ["train"], {}),
    ("coco", lambda f: coco(f, False), read_coco, ["val"], {"release": 2017}),
    ("coco", lambda f: coco(f, True), read_coco, ["val"], {"release": 2017}),
    ("coco", karpathy_coco, read_coco, ["val"], {"release": "karpathy"}),
    ("flickr30k", lambda f: flickr(f, True), read_flickr30k, ["all"], {}),
    ("flickr30k", lambda f: flickr(f, False), read_flickr30k, ["val"], {}),
    ("cc3m", cc3m, read_cc3m, ["training"], {}),
    ("aokvqa", aokvqa, read_aokvqa, ["val"], {}),
    (
        "mmvp_vlm",
        lambda f: write_mmvp_vlm(f, [(1, "Structural", "x"), (2, "Structural", "y")]),
        read_mmvp_vlm,
        ["test"],
        {},
    ),
    (
        "webdataset",
        lambda f: write_classification(f, {"0": (SQUARES, [0, 1, 0])}, ["a", "b"], ["{c}"], 2),
        read_webdataset,
        ["0"],
        {},
    ),
    (
        "webdataset",
        lambda f: write_retrieval(f, {"test": (SQUARES, [["a"], ["b"], ["c"]])}),
        read_webdataset,
        ["test"],
        {},
    ),
    ("folder", classes_and_captions, read_folder, ["a", "b"], {}),
    ("folder", lambda f: classes_and_captions(f / "deep"), read_folder, ["all"], {}),
    ("datasets", saved, read_datasets, ["test"], {"caption": "caption"}),
]


@pytest.mark.parametrize(
    ("reader", "write", "read", "splits", "options"),
    READERS,
    ids=[f"{row}-{entry[0]}" for row, entry in enumerate(READERS)],
)
def test_whatever_a_reader_opens_is_watched(tmp_path, reader, write, read, splits, options):
    """A file that is opened and not in LOOKS_AT could change unseen."""
    write(tmp_path)
    watched_files = folder_files(tmp_path, KNOWN[reader].looks_at(options, splits))
    opened = opened_by(lambda: read(tmp_path, splits, **options), tmp_path)
    assert opened
    assert opened <= set(watched_files)


def test_every_reader_of_a_folder_is_watched():
    tested = {reader for reader, *_ in READERS}
    # What is read of arrays is an input of the job, file by file.
    known = {name: reader for name, reader in KNOWN.items() if reader.ITEMS == "pictures"}
    own = {name for name, reader in known.items() if "looks_at" in vars(reader)}
    assert {name for name, reader in known.items() if reader.LOOKS_AT} | own == tested


def test_files_are_compared_by_what_they_hold(tmp_path):
    held = {"a": b"one", "b": b"two", "c": b"one", "d": b"longer", "e": b"two"}
    for name, content in held.items():
        (tmp_path / name).write_bytes(content)
    files = [str(tmp_path / name) for name in held]
    assert first_equal_files(files) == [0, 1, 0, 3, 1]


def test_a_name_that_is_no_utf_8_is_named(tmp_path):
    folder = os.fsencode(tmp_path)
    with open(folder + b"/caf\xe9.png", "wb"):
        pass
    with pytest.raises(ValueError, match=r"caf\\xe9\.png: the name is no UTF-8") as told:
        folder_files(tmp_path, [("*.png",)])
    str(told.value).encode()
