"""Files that a user brings and may change: whether they are still those that a corpus was read from.

Snakemake watches the inputs of its rules; a hundred thousand pictures cannot be inputs. The job that
reads them records each file's size, time of change and SHA-256. When a study is planned, files are
looked at in the folder's list alone; contents are read only of those whose time differs. Imports
nothing, so that planning is fast.
"""

import glob
import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

RECORD = "files.json"
AT_ONCE = 2**20

Stamp = tuple[int, int]  # size in bytes, time of change in ns


def stamp(file: str | Path) -> Stamp | None:
    """Size and time of change of a file; None where there is none."""
    try:
        found = os.stat(file)
    except FileNotFoundError:
        return None
    return found.st_size, found.st_mtime_ns


def hash_file(file: str | Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    digest = hashlib.sha256()
    with open(file, "rb") as content:
        while block := content.read(AT_ONCE):
            digest.update(block)
    return digest.hexdigest()


def listed(record: str | Path) -> dict[str, str]:
    """SHA-256 by name of a list in the form of sha256sum; ValueError where it holds other lines."""
    found = {}
    for number, line in enumerate(Path(record).read_text("utf-8").splitlines(), 1):
        digest, _, name = line.partition("  ")
        if len(digest) != 64 or not name:
            raise ValueError(f"{record}: line {number} is {line!r}, expected a SHA-256 and a name")
        found[name] = digest
    return found


def check_listed(record: str | Path, names: Iterable[str] | None = None) -> None:
    """Raise ValueError where a download is no longer as it was recorded in a list beside it.

    names: of the files to look at; None: all that the list has.
    """
    known = listed(record)
    for name in known if names is None else names:
        file = Path(record).parent / name
        if name in known and file.is_file() and (found := hash_file(file)) != known[name]:
            raise ValueError(
                f"{file}: SHA-256 is {found[:16]}…, but was {known[name][:16]}… when it was "
                "downloaded: truncated or altered since: delete it, and the next run fetches it anew"
            )


def first_equal_files(files: Sequence[str]) -> list[int]:
    """For each file the first that holds the same; read are those whose size another one has."""
    sizes = [os.path.getsize(file) for file in files]
    often = Counter(sizes)
    contents = [
        (size, hash_file(file) if often[size] > 1 else "")
        for file, size in zip(files, sizes, strict=True)
    ]
    first: dict[tuple[int, str], int] = {}
    return [first.setdefault(content, row) for row, content in enumerate(contents)]


def digest_of(*facts) -> str:
    """SHA-256 of what JSON can hold, hexadecimal."""
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def folder_files(folder: str | Path, patterns: Iterable[Sequence[str]]) -> list[str]:
    """Paths of the files in a folder that a reader looks at, sorted.

    patterns: each is a row of alternatives, of which the first one that matches a file counts, as
    a reader takes an unpacked folder before its archive; `**` stands for folders of any depth.
    Raises ValueError for a name that is no UTF-8, which no table can hold.
    """
    found = set()
    for alternatives in patterns:
        for pattern in alternatives:
            here = glob.glob(str(Path(glob.escape(str(folder))) / pattern), recursive=True)
            here = [path for path in here if os.path.isfile(path)]
            if here:
                found.update(here)
                break
    for path in found:
        shown = os.fsencode(path).decode("utf-8", "backslashreplace")
        if shown != path:
            raise ValueError(
                f"{shown}: the name is no UTF-8, expected one that is: rename the file"
            )
    return sorted(found)


def fingerprint(record: str | Path, files: Iterable[str] | None) -> str:
    """What a job that reads files depends on, as one value that changes where any of them does.

    record: of `write_record`, which the job wrote when it last ran, if it ever did. files: what it
    would read now; None: what it read then. Where all of them are as recorded, by size and time or,
    where only the time differs, by contents, this is the value of then; the record then takes the
    new times, so that nothing is read again for the next plan. Otherwise it is another value.
    """
    known = json.loads(Path(record).read_text("utf-8")) if Path(record).is_file() else None
    if files is None:
        files = known["files"] if known else []
    found = {file: stamp(file) for file in files}
    if known is None:
        return digest_of(sorted(found.items()))
    touched = changed_times(found, known["files"])
    if touched is None or any(hash_file(file) != known["files"][file][2] for file in touched):
        return digest_of(known["fingerprint"], sorted(found.items()))
    if touched:
        for file in touched:
            known["files"][file][1] = found[file][1]
        # Whoever may only look at the results plans all the same: contents are read again next time.
        with suppress(PermissionError):
            replace_record(Path(record), known)
    return known["fingerprint"]


def changed_times(found: dict[str, Stamp | None], recorded: dict[str, list]) -> list[str] | None:
    """Files of the recorded size whose time is another; None where files came, went or grew."""
    if found.keys() != recorded.keys():
        return None
    touched = []
    for file, now in found.items():
        size, time, _ = recorded[file]
        if now is None or now[0] != size:
            return None
        if now[1] != time:
            touched.append(file)
    return touched


def write_record(record: str | Path, value: str | None, files: Iterable[str | Path]) -> str:
    """Record the files that a job has read, and the fingerprint that it ran with.

    Returns a digest of names and contents, hexadecimal: the same where these are. A file whose
    contents change while they are read has another time than is recorded.
    """
    rows = {}
    for file in map(str, files):
        now = stamp(file)
        if now is None:
            raise FileNotFoundError(f"{file}: no such file, though it was there when it was read")
        rows[file] = [*now, hash_file(file)]
    replace_record(Path(record), {"fingerprint": value, "files": rows})
    return digest_of(sorted((file, row[2]) for file, row in rows.items()))


def replace_record(record: Path, content: dict) -> None:
    """Write a record whole or not at all."""
    part = record.with_name(f"{record.name}.{os.getpid()}.part")
    part.write_text(json.dumps(content), "utf-8")
    os.replace(part, record)
