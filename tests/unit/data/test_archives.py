import io
import re
import tarfile
import zipfile

import pytest
from PIL import Image
from rehearsal.emoji_archives import add_member, write_tgz

from modality_gap.data import archives
from modality_gap.data.archives import read_members, read_place, tar_places, zip_places
from modality_gap.data.corpora import decode
from modality_gap.data.corpora.karpathy import read_archived
from modality_gap.data.corpora.originals import zip_images


def test_members_are_read_by_name(tmp_path):
    archive = write_tgz(tmp_path / "a.tgz", {"icons.json": {"x": 1}, "other.json": {}})
    assert read_members(archive, ["package/icons.json"]) == {"package/icons.json": b'{"x": 1}'}


@pytest.mark.parametrize("name", ["../outside.txt", "package/../../outside.txt"])
def test_a_member_outside_the_folder_is_refused(tmp_path, name):
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as tar:
        add_member(tar, "package/icons.json", b"{}")
        add_member(tar, name, b"bad")
    with pytest.raises(ValueError, match=r"a.tgz: .*outside.*expected members inside one folder"):
        read_members(tmp_path / "a.tgz", ["package/icons.json"])


def test_a_truncated_archive_is_named(tmp_path):
    whole = write_tgz(tmp_path / "a.tgz", {"icons.json": {"x": list(range(5000))}})
    whole.write_bytes(whole.read_bytes()[:900])
    with pytest.raises(ValueError, match="a.tgz: damaged or truncated archive"):
        read_members(whole, ["package/icons.json"])


def test_a_missing_member_is_named(tmp_path):
    archive = write_tgz(tmp_path / "a.tgz", {"icons.json": {}})
    with pytest.raises(ValueError, match="a.tgz: no member 'package/chars.json'"):
        read_members(archive, ["package/chars.json"])


FILES = {"a/first.txt": b"one", "a/ünïcode name.txt": b"two and more", "last": b"x" * 700}


def write_tar(path):
    with tarfile.open(path, "w") as tar:
        for name, content in FILES.items():
            add_member(tar, name, content)
    return path


def write_zip(path, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.mkdir("a")
        for name, content in FILES.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize(("write", "places"), [(write_tar, tar_places), (write_zip, zip_places)])
def test_what_lies_in_an_archive_is_read_in_its_place(tmp_path, write, places):
    found = places(write(tmp_path / "files@1+2.archive"))
    assert {name: read_place(place) for name, place in found.items()} == FILES
    whole = (tmp_path / "files@1+2.archive").read_bytes()
    (tmp_path / "half.archive").write_bytes(whole[:1000] if write is write_tar else whole[:-40])
    with pytest.raises(ValueError, match=r"half.archive: damaged or truncated archive"):
        places(tmp_path / "half.archive")
    with pytest.raises(FileNotFoundError):
        places(tmp_path / "none.archive")


def test_compressed_files_have_no_place(tmp_path):
    archive = write_zip(tmp_path / "a.zip", zipfile.ZIP_DEFLATED)
    with pytest.raises(ValueError, match=r"a.zip: .* is compressed, expected it stored"):
        zip_places(archive)


def test_a_compressed_tar_has_no_places(tmp_path):
    with pytest.raises(ValueError, match=r"a.tgz: compressed, expected a plain tar"):
        tar_places(write_tgz(tmp_path / "a.tgz", {"icons.json": {}}))


def test_a_plain_path_is_a_place_even_if_it_looks_like_one_in_an_archive(tmp_path):
    path = tmp_path / "photo@3+5"
    path.write_bytes(b"whole file")
    assert read_place(str(path)) == b"whole file"


def test_images_decode_where_they_lie(tmp_path):
    buffer = io.BytesIO()
    Image.new("RGB", (3, 2), (10, 20, 30)).save(buffer, "PNG")
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        add_member(tar, "0.png", buffer.getvalue())
    image = decode(tar_places(tmp_path / "a.tar")["0.png"], "0")
    assert image.size == (3, 2)
    assert image.getpixel((0, 0)) == (10, 20, 30)


def test_a_member_that_unpacks_to_more_than_any_data_set_has_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "LARGEST", 1000)
    tgz = write_tgz(tmp_path / "a.tgz", {"icons.json": [0] * 2000})
    packed = write_zip(tmp_path / "caption_datasets.zip", zipfile.ZIP_DEFLATED)
    with zipfile.ZipFile(packed, "a") as members:
        members.writestr("large.jpg", bytes(2000), zipfile.ZIP_DEFLATED)
    for read in (
        lambda: read_members(tgz, ["package/icons.json"]),
        lambda: zip_images(packed, re.compile(r".*\.jpg")),
        lambda: read_archived(tmp_path, "large.jpg", packed.name, ""),
    ):
        with pytest.raises(ValueError, match=r"would unpack to \d+ bytes, expected at most 1000"):
            read()
