import gzip
import hashlib
import io
import os
import tarfile
import zipfile
from email.utils import formatdate

import numpy as np
import pandas as pd
import pytest
import torch
from rehearsal.emoji_archives import write_tgz
from rehearsal.local_server import Resumable, Truncating, npm_registry, serve
from safetensors.numpy import save
from scipy.io import savemat

from modality_gap.data import downloads
from modality_gap.data.downloads import fetch, version_file
from modality_gap.data.file_kinds import check_kind
from modality_gap.data.watched import check_listed

CONTENT = b"\x93NUMPY" + b"embeddings" * 1000
HASH = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(downloads, "PAUSE", 0.0)


@pytest.fixture
def folders(tmp_path):
    for name in ("served", "target"):
        (tmp_path / name).mkdir()
    (tmp_path / "served/x.npy").write_bytes(CONTENT)
    return tmp_path / "served", tmp_path / "target"


def test_a_file_is_fetched_and_checked(folders):
    served, target = folders
    with serve(served) as address:
        fetch({"url": f"{address}/x.npy", "hash": HASH}, target / "x.npy", None)
    assert (target / "x.npy").read_bytes() == CONTENT
    assert {path.name for path in target.iterdir()} == {"x.npy", "x.npy.sha256"}
    check_listed(target / "x.npy.sha256")


def test_a_wrong_checksum_leaves_nothing_behind(folders):
    served, target = folders
    with (
        serve(served) as address,
        pytest.raises(ValueError, match=r"x.npy: sha256 is .*expected 0000"),
    ):
        fetch({"url": f"{address}/x.npy", "hash": "sha256:" + "0" * 64}, target / "x.npy", None)
    assert not list(target.iterdir())


def test_a_truncated_download_leaves_nothing_behind(folders):
    served, target = folders
    with serve(served, Truncating) as address, pytest.raises((OSError, ValueError), match="x.npy"):
        fetch({"url": f"{address}/x.npy", "hash": HASH}, target / "x.npy", None)
    assert not list(target.iterdir())


class BreaksOff(Resumable):
    """Transfers of a whole file end in its middle, the further ones while `broken` lasts."""

    broken = 0

    def copyfile(self, source, outputfile):
        content = source.read()
        whole = len(content) == len(CONTENT)
        BreaksOff.broken -= 1
        cut = whole or BreaksOff.broken > 0
        outputfile.write(content[: len(content) // 2] if cut else content)


def test_a_download_goes_on_where_it_broke_off(folders, monkeypatch):
    served, target = folders
    monkeypatch.setattr(BreaksOff, "broken", downloads.ATTEMPTS + 1)
    with serve(served, BreaksOff) as address:
        source = {"hash": HASH, "url": f"{address}/x.npy"}
        with pytest.raises(OSError, match="x.npy: download failed"):
            fetch(source, target / "x.npy", None)
        part = (target / "x.npy.part").read_bytes()
        # Each attempt brought half of what was missing.
        assert len(part) == len(CONTENT) - len(CONTENT) // 2**downloads.ATTEMPTS - 1
        assert CONTENT.startswith(part)
        fetch(source, target / "x.npy", None)
    assert (target / "x.npy").read_bytes() == CONTENT
    assert {path.name for path in target.iterdir()} == {"x.npy", "x.npy.sha256"}
    check_listed(target / "x.npy.sha256")


def leave_part(served, target, content):
    """What an earlier attempt left: a part, and of which version of the file it is."""
    (target / "x.npy.part").write_bytes(content)
    changed = (served / "x.npy").stat().st_mtime
    version_file(target / "x.npy.part").write_text(formatdate(changed, usegmt=True))


def test_a_part_waits_while_the_server_is_out_of_reach(folders):
    served, target = folders
    leave_part(served, target, CONTENT[:50])
    source = {"url": "http://127.0.0.1:9/x.npy", "hash": HASH}
    with pytest.raises(OSError, match="x.npy: download failed"):
        fetch(source, target / "x.npy", None)
    assert (target / "x.npy.part").read_bytes() == CONTENT[:50]


def test_a_damaged_part_is_not_gone_on_from_twice(folders):
    served, target = folders
    leave_part(served, target, CONTENT[:6] + b"other" * 10)
    with serve(served, Resumable) as address:
        source = {"url": f"{address}/x.npy", "hash": HASH}
        with pytest.raises(ValueError, match="truncated, damaged or another version"):
            fetch(source, target / "x.npy", None)
        fetch(source, target / "x.npy", None)
    assert (target / "x.npy").read_bytes() == CONTENT


def test_a_part_of_another_version_is_begun_anew(folders):
    served, target = folders
    leave_part(served, target, b"\x93NUMPY of before")
    os.utime(served / "x.npy", (1e9, 1e9))
    with serve(served, Resumable) as address:
        fetch({"url": f"{address}/x.npy", "hash": None}, target / "x.npy", None)
    assert (target / "x.npy").read_bytes() == CONTENT


def test_without_a_published_hash_the_first_download_is_the_measure(folders):
    served, target = folders
    with serve(served) as address:
        source = {"url": f"{address}/x.npy", "hash": None}
        fetch(source, target / "x.npy", None)
        assert (target / "x.npy.sha256").read_text() == f"{HASH.split(':')[1]}  x.npy\n"
        fetch(source, target / "x.npy", None)
        (served / "x.npy").write_bytes(CONTENT + b"more")
        message = r"another version.*recorded in \S*/target/x.npy.sha256: delete the record"
        with pytest.raises(ValueError, match=message):
            fetch(source, target / "x.npy", None)
        assert (target / "x.npy").read_bytes() == CONTENT
        (target / "x.npy.sha256").unlink()
        fetch(source, target / "x.npy", None)
    assert (target / "x.npy").read_bytes() == CONTENT + b"more"


PAGES = [
    b"<!DOCTYPE html><html><head><title>Google Drive - Quota exceeded</title></head></html>",
    b"\xef\xbb\xbf\n  <html lang='en'><body>Sign in</body></html>",
    b'<?xml version="1.0"?>\n<!-- moved -->\n<!doctype HTML PUBLIC "-//W3C//DTD XHTML 1.0">',
]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", ["labels.csv", "images.zip", "classnames.txt", "x.npy", "weights"])
@pytest.mark.parametrize("hash", [None, HASH])
def test_a_web_page_is_no_file_and_is_not_recorded(folders, page, name, hash):
    served, target = folders
    (served / name).write_bytes(page)
    with serve(served) as address:
        source = {"url": f"{address}/{name}", "hash": hash}
        with pytest.raises(
            ValueError, match=rf"/{name}: a web page, expected {name}: open"
        ) as said:
            fetch(source, target / name, None)
        assert "\n" not in str(said.value)
        assert not list(target.iterdir())
        (served / name).write_bytes(TRUE_FILES[name])
        fetch(source | {"hash": None}, target / name, None)
    assert (target / name).read_bytes() == TRUE_FILES[name]
    (served / name).write_bytes(page)
    with pytest.raises(ValueError, match="a web page"):
        fetch(source, target / name, str(served))


def archived(kind):
    file = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(file, "w") as members:
            members.writestr("a.jpg", b"x")
    else:
        with tarfile.open(fileobj=file, mode="w", format=kind) as tar:
            tar.addfile(tarfile.TarInfo("a/" + "long" * 60))
    return file.getvalue()


def written(write):
    file = io.BytesIO()
    write(file)
    return file.getvalue()


TRUE_FILES = {
    "labels.csv": b"\xef\xbb\xbffile,age\r\n1.jpg,<html> is no page here\r\n",
    "classnames.txt": b"< 5 miles\nhtml\n",
    "weights": b"anything",
    "images.zip": archived("zip"),
    "none.zip": b"PK\x05\x06" + bytes(18),
    "0.tar": archived(tarfile.GNU_FORMAT),
    "1.tar": archived(tarfile.PAX_FORMAT),
    "empty.tar": bytes(10240),
    "a.tar.gz": gzip.compress(b""),
    "a.tgz": gzip.compress(archived(tarfile.GNU_FORMAT)),
    "32x32.mat": written(lambda file: savemat(file, {"y": np.arange(3)}, do_compression=True)),
    "a.json": b' \n[{"id": 1}]',
    "a.jsonl": b'{"id": 1}\n{"id": 2}\n',
    "a.parquet": written(pd.DataFrame({"x": [1]}).to_parquet),
    "x.npy": CONTENT,
    "a.npz": written(lambda file: np.savez(file, images=np.ones(3))),
    "a.safetensors": save({"images": np.ones(3)}),
    "new.pt": written(lambda file: torch.save({"x": torch.ones(2)}, file)),
    "old.pt": written(
        lambda file: torch.save({"x": torch.ones(2)}, file, _use_new_zipfile_serialization=False)
    ),
}


@pytest.mark.parametrize("name", TRUE_FILES)
def test_true_files_are_what_their_names_say(tmp_path, name):
    (tmp_path / name).write_bytes(TRUE_FILES[name])
    check_kind(tmp_path / name, name, "here")


@pytest.mark.parametrize(
    "name", [name for name in TRUE_FILES if name[-3:] not in ("csv", "txt", "hts")]
)
def test_a_file_of_another_kind_is_refused(tmp_path, name):
    (tmp_path / "x").write_bytes(b"Too many requests: try again later, or tomorrow.")
    with pytest.raises(
        ValueError, match=rf"a file that begins with b'Too many req', expected {name}"
    ):
        check_kind(tmp_path / "x", name, "here")
    (tmp_path / "x").write_bytes(b"")
    with pytest.raises(ValueError, match=rf"here: the file is empty, expected {name}"):
        check_kind(tmp_path / "x", name, "here")


def test_a_part_of_a_longer_file_is_begun_anew(folders):
    served, target = folders
    leave_part(served, target, CONTENT + b"of an older version")
    with serve(served, Resumable) as address:
        fetch({"url": f"{address}/x.npy", "hash": None}, target / "x.npy", None)
    assert (target / "x.npy").read_bytes() == CONTENT


def test_a_missing_file_is_named_and_the_way_out_too(folders):
    served, target = folders
    with (
        serve(served) as address,
        pytest.raises(OSError, match=r"y.npy: the server has no such file .404.*local_files"),
    ):
        fetch({"url": f"{address}/y.npy", "hash": HASH}, target / "y.npy", None)


def test_a_download_that_was_altered_since_is_refused(folders):
    served, target = folders
    with serve(served) as address:
        fetch({"url": f"{address}/x.npy", "hash": HASH}, target / "x.npy", None)
        record = target / "x.npy.sha256"
        check_listed(record)
        (target / "x.npy").write_bytes(CONTENT[:-1])
        with pytest.raises(ValueError, match=r"target/x.npy: SHA-256 is .* truncated or altered"):
            check_listed(record)
        check_listed(record, [])
        record.write_text("abc  x.npy\n")
        with pytest.raises(ValueError, match=r"x.npy.sha256: line 1 is 'abc  x.npy', expected a"):
            check_listed(record)
        # A published hash is above what was recorded.
        fetch({"url": f"{address}/x.npy", "hash": HASH}, target / "x.npy", None)
    check_listed(record)


def test_a_local_folder_takes_the_place_of_the_network(folders):
    served, target = folders
    unreachable = {"url": "http://127.0.0.1:9/x.npy", "hash": HASH}
    fetch(unreachable, target / "x.npy", str(served))
    assert (target / "x.npy").read_bytes() == CONTENT
    with pytest.raises(
        FileNotFoundError, match="z.npy: no such file, expected there by `local_files`"
    ):
        fetch(unreachable, target / "z.npy", str(served))
    (served / "x.npy").write_bytes(CONTENT[:-1])
    with pytest.raises(ValueError, match="truncated, damaged or another version"):
        fetch(unreachable, target / "x.npy", str(served))


def test_an_npm_package_is_fetched_from_the_users_registry(tmp_path, monkeypatch):
    archive = write_tgz(
        tmp_path / "a.tgz", {"package.json": {"name": "@art/set", "version": "1.2.3"}}
    ).read_bytes()
    source = {"npm": "@art/set@1.2.3", "hash": f"sha512:{hashlib.sha512(archive).hexdigest()}"}
    with npm_registry(tmp_path / "registry", "@art/set", "1.2.3", archive) as address:
        monkeypatch.setenv("npm_config_registry", address)
        fetch(source, tmp_path / "art-set-1.2.3.tgz", None)
        assert (tmp_path / "art-set-1.2.3.tgz").read_bytes() == archive
        with pytest.raises(OSError, match="npm package @art/other@1.0.0: download failed"):
            fetch(source | {"npm": "@art/other@1.0.0"}, tmp_path / "other.tgz", None)
    assert not (tmp_path / "other.tgz").exists()
