"""What a file is, held against what its name promises: its first bytes, or all of it."""

import json
import re
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

GZIP = b"\x1f\x8b"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
# A byte order mark, an XML declaration and comments may come before the first element.
WEB_PAGE = re.compile(
    rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body|script|title|meta)\b",
    re.IGNORECASE | re.DOTALL,
)
FIRST_BYTES = 4096  # a tar's first header, and more than a web page's beginning


def is_tar(first: bytes) -> bool:
    """Whether a tar begins like this, by the checksum of its first header; an empty one is zeros."""
    try:
        tarfile.TarInfo.frombuf(first[: tarfile.BLOCKSIZE], tarfile.ENCODING, "surrogateescape")
    except tarfile.EOFHeaderError:
        return True
    except tarfile.HeaderError:
        return False
    return True


def is_safetensors(first: bytes) -> bool:
    """Whether the length of a header comes first, in eight bytes, and then its JSON."""
    return first[8:9] == b"{"


def is_json(first: bytes) -> bool:
    """Whether this is the beginning of an object or a list, as data sets are."""
    return first.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"[")


def is_text(first: bytes) -> bool:
    """Whether this may be text: no zero bytes, which UTF-8 has none of."""
    return b"\0" not in first


def starts_with(*beginnings: bytes):
    """A check of the first bytes."""
    return lambda first: first.startswith(beginnings)


# By the ending of a name; `.pt` is a .zip since torch 1.6 and a pickle before.
KINDS = {
    "csv": is_text,
    "tsv": is_text,
    "txt": is_text,
    "zip": starts_with(*ZIP),
    "npz": starts_with(*ZIP),
    "tar": is_tar,
    "gz": starts_with(GZIP),
    "tgz": starts_with(GZIP),
    "mat": starts_with(b"MATLAB", b"\x89HDF"),
    "h5": starts_with(b"\x89HDF"),
    "json": is_json,
    "jsonl": is_json,
    "parquet": starts_with(b"PAR1"),
    "npy": starts_with(b"\x93NUMPY"),
    "safetensors": is_safetensors,
    "pt": starts_with(*ZIP, b"\x80"),
    "pth": starts_with(*ZIP, b"\x80"),
    "bin": starts_with(*ZIP, b"\x80"),
}


def check_kind(file: str | Path, name: str, origin: str | Path) -> None:
    """Raise ValueError where a file is empty, a web page, or not of the kind that its name says.

    name: the file's own, as published; names without an ending of `KINDS` may hold anything but a
    web page. origin: where the file is from, for the error. A server that refuses, asks for a
    password or has moved often answers with a page, and calls that a success.
    """
    with open(file, "rb") as content:
        first = content.read(FIRST_BYTES)
    ending = name.rpartition(".")[2].lower()
    if not first:
        raise ValueError(f"{origin}: the file is empty, expected {name}")
    if WEB_PAGE.match(first):
        found = "a web page"
    elif ending in KINDS and not KINDS[ending](first):
        found = f"a file that begins with {first[:12]!r}"
    else:
        return
    raise ValueError(
        f"{origin}: {found}, expected {name}: open the address in a browser to see what the server "
        "has to say, or get the file by hand and set `local_files`"
    )


def read_parquet(file: Path) -> None:
    """Read a Parquet file, a part at a time, and hold it against its checksums, if it has any."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(file, page_checksum_verification=True) as table:
        for _ in table.iter_batches():
            continue


def read_arrow(file: Path) -> None:
    """Read an Arrow file, a part at a time."""
    import pyarrow as pa

    with pa.OSFile(str(file)) as content, pa.ipc.open_file(content) as batches:
        for number in range(batches.num_record_batches):
            batches.get_batch(number).validate(full=True)


def read_zip(file: Path) -> None:
    """Read a .zip, as NumPy and torch write it, and hold it against its checksums."""
    with zipfile.ZipFile(file) as archive:
        damaged = archive.testzip()
    if damaged is not None:
        raise ValueError(f"damaged: {damaged} has another checksum")


# What the workflow writes and a job reads, by the ending of a name.
WHOLE = {
    ".parquet": read_parquet,
    ".arrow": read_arrow,
    ".npz": read_zip,
    ".pt": read_zip,
    ".json": lambda file: json.loads(file.read_text("utf-8")),
}


def damaged_files(files: Iterable[str | Path]) -> dict[Path, str]:
    """Those of the workflow's own files that cannot be read whole, and why not.

    Files of other endings than `WHOLE` are not looked at.
    """
    found = {}
    for file in map(Path, files):
        if file.suffix in WHOLE and file.is_file():
            try:
                WHOLE[file.suffix](file)
            except Exception as error:
                found[file] = " ".join(str(error).split()) or type(error).__name__
    return found
