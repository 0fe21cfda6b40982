import hashlib

import pytest
from emoji_archives import write_tgz
from local_server import Resumable, Truncating, npm_registry, serve

from modality_gap.downloads import fetch

CONTENT = b"embeddings" * 1000
HASH = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"


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
    assert [path.name for path in target.iterdir()] == ["x.npy"]


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


class BreaksOffOnce(Resumable):
    """The first transfer of a whole file ends in its middle."""

    def copyfile(self, source, outputfile):
        content = source.read()
        outputfile.write(content[: len(content) // 2] if len(content) == len(CONTENT) else content)


def test_a_download_goes_on_where_it_broke_off(folders):
    served, target = folders
    source = {"hash": HASH}
    with serve(served, BreaksOffOnce) as address:
        source["url"] = f"{address}/x.npy"
        with pytest.raises(OSError, match="x.npy: download failed"):
            fetch(source, target / "x.npy", None)
        part = (target / "x.npy.part").read_bytes()
        assert 0 < len(part) < len(CONTENT)
        assert CONTENT.startswith(part)
        fetch(source, target / "x.npy", None)
    assert (target / "x.npy").read_bytes() == CONTENT
    assert [path.name for path in target.iterdir()] == ["x.npy"]


def test_a_part_waits_while_the_server_is_out_of_reach(folders):
    _, target = folders
    (target / "x.npy.part").write_bytes(CONTENT[:50])
    source = {"url": "http://127.0.0.1:9/x.npy", "hash": HASH}
    with pytest.raises(OSError, match="x.npy: download failed"):
        fetch(source, target / "x.npy", None)
    assert (target / "x.npy.part").read_bytes() == CONTENT[:50]


def test_a_damaged_part_is_not_gone_on_from_twice(folders):
    served, target = folders
    (target / "x.npy.part").write_bytes(b"other" * 10)
    with serve(served, Resumable) as address:
        source = {"url": f"{address}/x.npy", "hash": HASH}
        with pytest.raises(ValueError, match="truncated, damaged or another version"):
            fetch(source, target / "x.npy", None)
        fetch(source, target / "x.npy", None)
    assert (target / "x.npy").read_bytes() == CONTENT


def test_without_a_published_hash_the_first_download_is_the_measure(folders):
    served, target = folders
    with serve(served) as address:
        source = {"url": f"{address}/x.npy", "hash": None}
        fetch(source, target / "x.npy", None)
        assert (target / "x.npy.sha256").read_text() == f"{HASH.split(':')[1]}  x.npy\n"
        fetch(source, target / "x.npy", None)
        (served / "x.npy").write_bytes(CONTENT + b"more")
        with pytest.raises(ValueError, match="truncated, damaged or another version"):
            fetch(source, target / "x.npy", None)
    assert (target / "x.npy").read_bytes() == CONTENT


def test_a_missing_file_is_named_and_the_way_out_too(folders):
    served, target = folders
    with (
        serve(served) as address,
        pytest.raises(OSError, match=r"y.npy: download failed .*local_files"),
    ):
        fetch({"url": f"{address}/y.npy", "hash": HASH}, target / "y.npy", None)


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
