import gzip
import hashlib
import io
import re
import shutil
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from conftest import ROOT
from PIL import Image
from rehearsal.emoji_archives import add_member
from rehearsal.local_server import Quiet, serve
from rehearsal.webdataset_files import (
    encode_image,
    write_classification,
    write_retrieval,
    write_shard,
)

from modality_gap.data import downloads
from modality_gap.data.archives import read_place
from modality_gap.data.corpora import check_corpus, decode
from modality_gap.data.corpora.webdataset import read_webdataset
from modality_gap.data.corpora.webdataset_download import fetch_webdataset, file_address

NAMES = ["red circle", "blue bar", "grün"]
TEMPLATES = ["a photo of a {c}.", "{c}, drawn; {c} again"]
CLASSES = [2, 0, 1, 1, 0]
CAPTIONS = [["one", "another, longer", "one"], ["two"], ["a b", "c"], ["d"], ["e"]]


def pictures(number):
    pixels = np.random.default_rng(0).integers(0, 256, (number, 6, 8, 3), dtype=np.uint8)
    return [Image.fromarray(picture) for picture in pixels]


@pytest.fixture
def classified(tmp_path):
    splits = {"test": (pictures(5), CLASSES), "train": (pictures(2), [0, 1])}
    return write_classification(tmp_path / "drawings", splits, NAMES, TEMPLATES, per_shard=2)


@pytest.fixture
def captioned(tmp_path):
    return write_retrieval(tmp_path / "pairs", {"test": (pictures(5), CAPTIONS)}, per_shard=4)


def test_images_lie_where_they_are_and_have_their_classes(classified):
    images, captions, classes, _ = read_webdataset(classified, ["test", "train"])
    check_corpus(images, captions, "webdataset")
    assert list(images.image_id[:2]) == ["test/s0000000", "test/s0000001"]
    assert list(images.split) == ["test"] * 5 + ["train"] * 2
    assert images["class"].dtype == np.int64
    assert list(images["class"]) == [*CLASSES, 0, 1]
    for place, picture in zip(images.image, pictures(5) + pictures(2), strict=True):
        np.testing.assert_array_equal(np.asarray(decode(place, "x")), np.asarray(picture))
    assert classes == {
        "names": NAMES,
        "templates": ["a photo of a {}.", "{}, drawn; {} again"],
    }
    assert list(captions.text[:2]) == ["a photo of a grün.", "a photo of a red circle."]


def test_only_the_wanted_splits_are_read(classified):
    (classified / "train/0.tar").write_bytes(b"")
    assert set(read_webdataset(classified, ["test"]).images.split) == {"test"}


def test_without_templates_there_is_the_papers_own(classified):
    (classified / "zeroshot_classification_templates.txt").unlink()
    found = read_webdataset(classified, ["train"])
    assert found.classes == {"names": NAMES}
    assert list(found.captions.text) == ["a photo of a red circle.", "a photo of a blue bar."]


def test_every_line_is_a_caption_in_order(captioned):
    images, captions, classes, _ = read_webdataset(captioned, ["test"])
    check_corpus(images, captions, "webdataset")
    assert classes is None
    found = captions.groupby("image_id", sort=False).text.apply(list)
    assert list(found.index) == list(images.image_id)
    assert list(found) == CAPTIONS
    assert "class" not in images


@pytest.mark.parametrize("ending", ["jpg", "jpeg", "png", "webp"])
def test_the_formats_of_the_layout_are_read(tmp_path, ending):
    splits = {"test": (pictures(1), [0])}
    write_classification(tmp_path, splits, NAMES, ending=ending)
    found = decode(read_webdataset(tmp_path, ["test"]).images.image[0], "x")
    assert found.size == (8, 6)
    if ending in ("png", "webp"):
        np.testing.assert_array_equal(np.asarray(found), np.asarray(pictures(1)[0]))


def test_other_members_and_folders_in_the_shard_are_counted(classified):
    picture = encode_image(pictures(1)[0])
    with tarfile.open(classified / "train/0.tar", "w", format=tarfile.PAX_FORMAT) as tar:
        folder = tarfile.TarInfo("./deep.er")
        folder.type = tarfile.DIRTYPE
        tar.addfile(folder)
        for name, content in (
            ("./deep.er/7.JPG", picture),
            ("./deep.er/7.json", b"{}"),
            ("./deep.er/7.cls", b"1\n"),
            ("./._s1.png", b"of a file system"),
            ("./deep.er/._7.JPG", b"of a file system"),
            ("__meta__", b"of the format"),
            ("./deep.er/__8__.png", picture),
            ("./deep.er/__8__.cls", b"\xef\xbb\xbf2\r\n"),
            ("deep.er/7.mask.png", picture),
        ):
            add_member(tar, name, content)
    found = read_webdataset(classified, ["train"])
    assert list(found.remarks) == [
        f"{classified}: not read, beside images and labels: 1 .json, 1 .mask.png, "
        "1 files of the format itself, 2 hidden files"
    ]
    images = found.images[:1]
    assert list(found.images.image_id[1:]) == ["train/deep.er/__8__"]
    assert list(found.images["class"][1:]) == [2]
    assert list(images.image_id) == ["train/deep.er/7"]
    assert list(images["class"]) == [1]


PNG = encode_image(pictures(1)[0])


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ([{"cls": b"0"}], r"0.tar: sample 's0000000' has no image"),
        ([{"png": PNG, "cls": b"0"}, {"png": PNG}], r"sample 's0000001' has no .cls file"),
        ([{"png": PNG, "txt": b"0"}], r"sample 's0000000' has no .cls file"),
        ([{"png": PNG, "jpg": PNG, "cls": b"0"}], r"s0000000.jpg: a second one of sample"),
        ([{"png": PNG, "cls": b"3"}], r"'train/s0000000' has class '3', expected one of 0 to 2"),
        ([{"png": PNG, "cls": b"-1"}], r"has class '-1', expected one of 0 to 2"),
        ([{"png": PNG, "cls": b"cat"}], r"has class 'cat', expected one of 0 to 2"),
        ([{"png": PNG, "cls": b"\xff"}], r"s0000000.cls: not UTF-8"),
        ([{"png": PNG, "cls": b""}], r"has class '', expected one of 0 to 2"),
        ([{"tif": PNG, "cls": b"0"}], r"0.tar: sample 's0000000' has an image as .tif, expected"),
        ([{"BMP": PNG, "cls": b"0"}], r"sample 's0000000' has an image as .bmp, expected one of"),
        ([{"png": PNG, "gif": PNG, "cls": b"0"}], r"sample 's0000000' has an image as .gif"),
        ([{"png": PNG, "cls": b"0"}, {"json": b"{}"}], r"'s0000001' has no image \(it has .json\)"),
        ([{"png": PNG, "json": b"{}"}], r"has no .cls file \(it has .png, .json\)"),
        (
            [{"png": PNG, "npy": b"x"}],
            r"label as .npy: several classes an image \(multilabel\) are",
        ),
        ([{"png": PNG, "cls": b"0", "CLS": b"0"}], r"s0000000.CLS: a second one of sample"),
        ([], r"0.tar: no samples, expected images with .cls files"),
    ],
)
def test_a_broken_sample_is_named(classified, samples, message):
    write_shard(classified / "train/0.tar", samples)
    with pytest.raises(ValueError, match=message) as raised:
        read_webdataset(classified, ["train"])
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "image 'test/s0000000' has no caption"),
        (b" \n\r\n", "image 'test/s0000000' has no caption"),
        (b"one\n\ntwo\n", "image 'test/s0000000' has an empty caption in line 2"),
        (b"\none", "image 'test/s0000000' has an empty caption in line 1"),
    ],
)
def test_an_image_without_a_caption_is_named(captioned, content, message):
    write_shard(captioned / "test/0.tar", [{"png": PNG, "txt": content}])
    with pytest.raises(ValueError, match=message):
        read_webdataset(captioned, ["test"])


def test_byte_order_marks_and_other_line_ends_are_no_text(classified, captioned):
    for file in ("classnames.txt", "zeroshot_classification_templates.txt", "test/nshards.txt"):
        content = (classified / file).read_bytes().replace(b"\n", b"\r\n")
        (classified / file).write_bytes(b"\xef\xbb\xbf" + content + b"\r\n")
    assert read_webdataset(classified, ["test"]).classes == {
        "names": NAMES,
        "templates": ["a photo of a {}.", "{}, drawn; {} again"],
    }
    content = b"\xef\xbb\xbf one \r\ntwo\r\n\r\n"
    write_shard(captioned / "test/0.tar", [{"png": PNG, "txt": content}])
    assert list(read_webdataset(captioned, ["test"]).captions.text[:2]) == [" one ", "two"]


@pytest.mark.parametrize("kind", [tarfile.LNKTYPE, tarfile.SYMTYPE])
def test_a_link_is_no_image(classified, kind):
    with tarfile.open(classified / "train/0.tar", "w") as tar:
        add_member(tar, "a.png", PNG)
        add_member(tar, "a.cls", b"0")
        add_member(tar, "b.cls", b"0")
        link = tarfile.TarInfo("b.png")
        link.type, link.linkname = kind, "a.png"
        tar.addfile(link)
    with pytest.raises(
        ValueError, match=r"0.tar: b.png: a link or a special file, expected a file"
    ):
        read_webdataset(classified, ["train"])


def test_a_key_that_two_shards_have_is_named(classified):
    shutil.copy(classified / "test/0.tar", classified / "test/1.tar")
    found = read_webdataset(classified, ["test"])
    with pytest.raises(ValueError, match="image_id 'test/s0000000' occurs twice"):
        check_corpus(found.images, found.captions, "x")


def test_long_names_are_read_whole(classified):
    key = "folder/" + "ü" * 90
    with tarfile.open(classified / "train/0.tar", "w", format=tarfile.PAX_FORMAT) as tar:
        for ending, content in (("png", PNG), ("cls", b"1")):
            member = tarfile.TarInfo(f"{key}.{ending}")
            member.size, member.pax_headers = len(content), {"comment": "kept"}
            tar.addfile(member, io.BytesIO(content))
    found = read_webdataset(classified, ["train"])
    assert list(found.images.image_id) == [f"train/{key}"]
    assert read_place(found.images.image[0]) == PNG


@pytest.mark.parametrize("name", ["eurosat", "svhn"])
def test_real_class_names_and_templates_are_read(classified, name):
    real = ROOT.parent / "shared/real_files/webdataset" / name
    if not real.is_dir():
        pytest.skip(f"real files are not here: {real.name}")
    for file in real.iterdir():
        shutil.copy(file, classified / file.name)
    classes = read_webdataset(classified, ["test"]).classes
    assert len(classes["names"]) == 10
    assert all("{}" in template and "{c}" not in template for template in classes["templates"])


@pytest.mark.parametrize("length", [0, 300, 512 * 3 + 10, 512 * 4, -1024])
def test_a_truncated_shard_is_named(classified, length):
    shard = classified / "test/1.tar"
    whole = shard.read_bytes()
    data = whole.rstrip(b"\0")
    end = -(-len(data) // 512) * 512
    shard.write_bytes(whole[: end if length < 0 else length])
    with pytest.raises(ValueError, match=r"1.tar: damaged or truncated archive"):
        read_webdataset(classified, ["test"])


def test_a_damaged_shard_is_named(classified):
    shard = classified / "test/1.tar"
    content = bytearray(shard.read_bytes())
    content[100:110] = b"x" * 10
    shard.write_bytes(content)
    with pytest.raises(ValueError, match=r"1.tar: damaged or truncated archive"):
        read_webdataset(classified, ["test"])


def test_a_compressed_shard_is_refused(classified):
    shard = classified / "test/0.tar"
    shard.write_bytes(gzip.compress(shard.read_bytes()))
    with pytest.raises(ValueError, match=r"0.tar: compressed with gzip, expected a plain tar"):
        read_webdataset(classified, ["test"])


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("test/nshards.txt", r"nshards.txt: no such file.*'test'; splits that have one: train"),
        ("test/2.tar", r"test/2.tar: no such shard, expected by nshards.txt"),
        ("classnames.txt", r"classnames.txt: no such file, expected a class name a line"),
    ],
)
def test_a_missing_file_is_named(classified, file, message):
    (classified / file).unlink()
    with pytest.raises(FileNotFoundError, match=message):
        read_webdataset(classified, ["test"])


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("test/nshards.txt", "three", r"nshards.txt: 'three', expected a number of shards from 1"),
        ("test/nshards.txt", "0\n", r"nshards.txt: '0', expected a number of shards from 1"),
        ("dataset_type.txt", "multilabel\n", r"type.txt: multilabel: several classes an image are"),
        ("dataset_type.txt", "captions\n", r"'captions', expected classification or retrieval"),
        (
            "classnames.txt",
            "a\n\nc\n",
            r"classnames.txt: line 2 is blank, expected a class name in",
        ),
        ("classnames.txt", "\n", r"classnames.txt: no lines, expected a class name in each"),
        (
            "zeroshot_classification_templates.txt",
            "a {c}\na photo\n",
            r"template 'a photo', expected \{c\} for the class",
        ),
        (
            "zeroshot_classification_templates.txt",
            "",
            r"templates.txt: no lines, expected a template",
        ),
        (
            "zeroshot_classification_templates.txt",
            "a {c}\n\nthe {c}\n",
            r"templates.txt: line 2 is blank, expected a template with \{c\}",
        ),
        *(
            (
                "zeroshot_classification_templates.txt",
                f"a {{c}}\n{template}\n",
                rf"template {re.escape(repr(template))}, expected \{{c\}} for the class in each, and no",
            )
            for template in (
                "a {c} in {place}.",
                "a {}",
                "{c!r}",
                "{c:>9}",
                "{c.name}",
                "{c",
                "}{c}",
            )
        ),
    ],
)
def test_a_wrong_file_of_the_layout_is_named(classified, file, content, message):
    (classified / file).write_text(content)
    with pytest.raises(ValueError, match=message):
        read_webdataset(classified, ["test"])


class Server(Quiet):
    """Notes what was sent, and breaks off the first transfers of each file."""

    sent, broken_transfers = [], 0

    def copyfile(self, source, outputfile):
        Server.sent.append(self.path)
        content = source.read()
        broken = Server.sent.count(self.path) <= Server.broken_transfers
        outputfile.write(content[: len(content) // 2] if broken else content)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(Server, "sent", [])
    monkeypatch.setattr(Server, "broken_transfers", 0)
    monkeypatch.setattr(downloads, "PAUSE", 0.0)
    return Server


def fetch(served, folder, splits=("test",), local_files=None):
    with serve(served, Server) as address:
        fetch_webdataset(address, list(splits), folder, local_files)


def files_of(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "checksums.txt"
    }


def test_the_wanted_splits_are_fetched_and_recorded(server, classified, tmp_path):
    fetch(classified, tmp_path / "fetched")
    expected = files_of(classified)
    found = files_of(tmp_path / "fetched")
    assert found == {name: expected[name] for name in expected if not name.startswith("train")}
    record = (tmp_path / "fetched/checksums.txt").read_text()
    assert sorted(record.splitlines()) == sorted(
        f"{hashlib.sha256(content).hexdigest()}  {name}" for name, content in found.items()
    )
    read_webdataset(tmp_path / "fetched", ["test"])


def test_nothing_is_fetched_twice_and_what_is_missing_is(server, classified, tmp_path):
    folder = tmp_path / "fetched"
    fetch(classified, folder)
    assert sorted(server.sent) == sorted(f"/{name}" for name in files_of(folder))
    server.sent.clear()
    (folder / "test/1.tar").unlink()
    fetch(classified, folder)
    assert server.sent == ["/test/1.tar"]
    record = (folder / "checksums.txt").read_text().splitlines()
    assert len(record) == len(files_of(folder))


def test_an_interrupted_download_goes_on_with_the_next_shard(server, classified, tmp_path):
    moved = (classified / "test/2.tar").rename(tmp_path / "2.tar")
    with pytest.raises(FileNotFoundError, match=r"test/2.tar: the server has no such file"):
        fetch(classified, tmp_path / "fetched")
    moved.rename(classified / "test/2.tar")
    server.sent.clear()
    fetch(classified, tmp_path / "fetched")
    assert server.sent == ["/test/2.tar"]


def test_broken_transfers_are_tried_again(server, classified, tmp_path):
    server.broken_transfers = 2
    fetch(classified, tmp_path / "fetched")
    assert server.sent.count("/test/0.tar") == 3
    assert (tmp_path / "fetched/test/0.tar").read_bytes() == (
        classified / "test/0.tar"
    ).read_bytes()


def test_transfers_that_stay_broken_leave_no_shard(server, classified, tmp_path):
    folder = tmp_path / "fetched"
    fetch(classified, folder)
    (folder / "test/1.tar").unlink()
    server.broken_transfers = 100
    with pytest.raises(OSError, match=r"test/1.tar: download failed"):
        fetch(classified, folder)
    assert not (folder / "test/1.tar").exists()
    assert (folder / "test/0.tar").exists()


def test_another_file_than_was_recorded_is_refused(server, classified, tmp_path):
    folder = tmp_path / "fetched"
    fetch(classified, folder)
    (folder / "test/1.tar").unlink()
    write_shard(classified / "test/1.tar", [{"png": PNG, "cls": b"0"}])
    with pytest.raises(
        ValueError, match=r"test/1.tar: sha256 is .*, expected .*another version.*checksums.txt"
    ):
        fetch(classified, folder)
    assert sorted(path.name for path in (folder / "test").iterdir()) == [
        "0.tar",
        "2.tar",
        "nshards.txt",
    ]


@pytest.mark.parametrize(
    "name", ["test/0.tar", "test/nshards.txt", "classnames.txt", "dataset_type.txt"]
)
def test_a_web_page_is_no_file_of_the_layout(server, classified, tmp_path, name):
    folder = tmp_path / "fetched"
    true = (classified / name).read_bytes() if (classified / name).is_file() else None
    (classified / name).write_bytes(b"<!doctype html><title>Too many requests</title>")
    with pytest.raises(ValueError, match=rf"{name}: a web page, expected"):
        fetch(classified, folder)
    assert name not in (folder / "checksums.txt").read_text()
    assert name not in files_of(folder)
    (classified / name).unlink() if true is None else (classified / name).write_bytes(true)
    fetch(classified, folder)
    assert len(read_webdataset(folder, ["test"]).images) == 5


def test_two_splits_may_be_fetched_at_once(server, classified, tmp_path, monkeypatch):
    folder, copyfile = tmp_path / "fetched", Server.copyfile

    def slowly(self, source, outputfile):
        time.sleep(0.1)
        copyfile(self, source, outputfile)

    monkeypatch.setattr(Server, "copyfile", slowly)
    with serve(classified, Server) as address, ThreadPoolExecutor(2) as pool:
        jobs = [
            pool.submit(fetch_webdataset, address, [split], folder, None)
            for split in ("test", "train")
        ]
        assert [job.result() for job in jobs] == [None, None]
    assert sorted(server.sent) == sorted(f"/{name}" for name in files_of(classified))
    assert len((folder / "checksums.txt").read_text().splitlines()) == len(server.sent)


def test_templates_may_be_absent_and_class_names_not(server, classified, tmp_path):
    (classified / "zeroshot_classification_templates.txt").unlink()
    fetch(classified, tmp_path / "fetched")
    assert read_webdataset(tmp_path / "fetched", ["test"]).classes == {"names": NAMES}
    (classified / "classnames.txt").unlink()
    with pytest.raises(FileNotFoundError, match=r"classnames.txt: the server has no such file"):
        fetch(classified, tmp_path / "other")


def test_other_failures_of_an_optional_file_are_failures(classified, tmp_path, server):
    class Forbidding(Server):
        def send_head(self):
            if self.path == "/dataset_type.txt":
                return self.send_error(500)
            return super().send_head()

    with (
        serve(classified, Forbidding) as address,
        pytest.raises(OSError, match=r"dataset_type.txt: download failed \(500"),
    ):
        fetch_webdataset(address, ["test"], tmp_path / "fetched", None)


def test_a_retrieval_set_has_no_class_names(server, captioned, tmp_path):
    fetch(captioned, tmp_path / "fetched")
    assert not [path for path in server.sent if "class" in path]
    assert len(read_webdataset(tmp_path / "fetched", ["test"]).images) == 5


def test_a_local_folder_takes_the_place_of_the_network(classified, tmp_path):
    nowhere = "http://127.0.0.1:9/x"
    fetch_webdataset(nowhere, ["train"], tmp_path / "fetched", classified)
    assert len(read_webdataset(tmp_path / "fetched", ["train"]).images) == 2
    with pytest.raises(FileNotFoundError, match=r"val/nshards.txt: no such file.*`local_files`"):
        fetch_webdataset(nowhere, ["val"], tmp_path / "fetched", classified)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://example.org/x/", "https://example.org/x"),
        (
            "https://huggingface.co/datasets/clip-benchmark/wds_mnist/tree/main",
            "https://huggingface.co/datasets/clip-benchmark/wds_mnist/resolve/main",
        ),
        (
            "https://huggingface.co/datasets/clip-benchmark/wds_mnist",
            "https://huggingface.co/datasets/clip-benchmark/wds_mnist/resolve/main",
        ),
        (
            "https://huggingface.co/datasets/clip-benchmark/wds_mnist/resolve/d5fc63f",
            "https://huggingface.co/datasets/clip-benchmark/wds_mnist/resolve/d5fc63f",
        ),
    ],
)
def test_files_of_the_hub_are_where_it_serves_them(address, expected):
    assert file_address(address) == expected


def test_shards_beyond_those_that_are_told_and_archives_put_together_are_named(classified):
    shard = classified / "test/0.tar"
    number = int((classified / "test/nshards.txt").read_text())
    more = classified / f"test/{number}.tar"
    more.write_bytes(shard.read_bytes())
    with pytest.raises(ValueError, match=f"{number}.tar: a shard beyond the {number} that nshards"):
        read_webdataset(classified, ["test"])
    more.unlink()
    shard.write_bytes(shard.read_bytes() * 2)
    with pytest.raises(ValueError, match="0.tar: more after its end, as of two archives"):
        read_webdataset(classified, ["test"])
