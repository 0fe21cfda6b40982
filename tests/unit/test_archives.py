import tarfile

import pytest
from emoji_archives import add_member, write_tgz

from modality_gap.archives import read_members


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
