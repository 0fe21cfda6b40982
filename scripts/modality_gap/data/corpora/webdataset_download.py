"""Webdatasets of a server, file by file into a folder, each file whole or not at all."""

import fcntl
import os
import shutil
from pathlib import Path

import pooch

from modality_gap.data.corpora.webdataset import (
    CHECKSUMS,
    CLASS_NAMES,
    SHARDS,
    TEMPLATES,
    TYPE,
    read_type,
    shard_names,
)
from modality_gap.data.downloads import check_hash, download
from modality_gap.data.file_kinds import check_kind
from modality_gap.data.watched import listed

HUB = "https://huggingface.co/datasets/"


def fetch_webdataset(
    address: str, splits: list[str], folder: str | Path, local_files: str | Path | None
) -> None:
    """Put the splits of a webdataset, in CLIP_benchmark's layout, into a folder.

    address: of the server's folder; a data set of the Hugging Face hub may be named as a browser
    shows it. A file that is in the folder is not fetched again, so that what was interrupted goes
    on. The SHA-256 of every file is recorded in the folder's `checksums.txt`, in the form of
    sha256sum; a file that is fetched anew must have it. local_files: a folder of the same
    layout, which takes the place of the network.
    Raises ValueError for another checksum, OSError where a transfer fails several times.
    """
    folder = Path(folder)
    origin = file_address(address) if local_files is None else str(local_files)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / CHECKSUMS).open("a") as record:
        # A job that fetches another split wants these files, too, maybe at the same time.
        fcntl.flock(record, fcntl.LOCK_EX)
        fetch_file(origin, TYPE, folder, local_files, optional=True)
        if read_type(folder) == "classification":
            fetch_file(origin, CLASS_NAMES, folder, local_files)
            fetch_file(origin, TEMPLATES, folder, local_files, optional=True)
    for split in splits:
        fetch_file(origin, f"{split}/{SHARDS}", folder, local_files)
        for name in shard_names(folder / split / SHARDS, split):
            fetch_file(origin, name, folder, local_files)


def file_address(address: str) -> str:
    """Where a data set's files are: the hub serves them elsewhere than it shows them."""
    address = address.rstrip("/")
    if not address.startswith(HUB):
        return address
    owner, name, *rest = address.removeprefix(HUB).split("/")
    branch = rest[1] if len(rest) > 1 else "main"
    return f"{HUB}{owner}/{name}/resolve/{branch}"


def fetch_file(
    origin: str, name: str, folder: Path, local_files: str | Path | None, optional: bool = False
) -> None:
    """Put one file of the layout into the folder, unless it is there.

    optional: whether it may be absent; then nothing is put there.
    """
    file = folder / name
    if file.is_file():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{file.name}.part")
    source = f"{origin}/{name}"
    try:
        if local_files is None:
            download(source, part, hashed=False)
        else:
            copy_local(Path(source), part)
    except FileNotFoundError:
        if optional:
            return
        raise
    check_recorded(part, name, folder, source)
    os.replace(part, file)


def copy_local(source: Path, part: Path) -> None:
    """Copy a file of the folder that takes the place of the network."""
    if not source.is_file():
        raise FileNotFoundError(f"{source}: no such file, expected there by `local_files`")
    shutil.copy(source, part)


def check_recorded(file: Path, name: str, folder: Path, origin: str) -> None:
    """Check a file's SHA-256 against the recorded one, or record it; a wrong file is deleted.

    A file that is not what its name says, such as a web page, is wrong, too, and not recorded.
    """
    recorded = listed(folder / CHECKSUMS) if (folder / CHECKSUMS).is_file() else {}
    try:
        check_kind(file, Path(name).name, origin)
        if name in recorded:
            record = folder / CHECKSUMS
            check_hash(file, f"sha256:{recorded[name]}", origin, f"the line {name!r} of {record}")
            return
        with (folder / CHECKSUMS).open("a", encoding="utf-8") as record:
            record.write(f"{pooch.file_hash(str(file))}  {name}\n")
    except ValueError:
        file.unlink()
        raise
