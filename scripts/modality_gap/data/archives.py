"""Archives: members read where they lie, so that nothing an archive names is ever written."""

import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PLACE = re.compile(r"(?P<file>.+)@(?P<first>\d+)\+(?P<length>\d+)")
GZIP = b"\x1f\x8b"
LARGEST = (
    2**30
)  # bytes of a member that is read at once: the largest of a known data set has 400 MB
ZIP_HEADER = struct.Struct("<26xHH")  # lengths of name and extra field, at the end of 30 bytes


def one_line(error: Exception) -> str:
    """What an error says; tarfile tells of each kind of compression in a line of its own."""
    return " ".join(str(error).split())


def check_size(archive: str | Path, name: str, size: int) -> None:
    """Raise ValueError where a member unpacks to more than any that a data set has."""
    if size > LARGEST:
        raise ValueError(
            f"{archive}: {name!r} would unpack to {size} bytes, expected at most {LARGEST}"
        )


def read_members(archive: str | Path, names: list[str]) -> dict[str, bytes]:
    """Contents of the named members of a .tar or .tgz file.

    Raises ValueError, naming the archive, where it is damaged or truncated, where any member
    points outside the archive's folder, or where a named member is missing.
    """
    contents = {}
    with tar_members(archive) as (tar, members):
        for member in members:
            if member.name in names:
                check_size(archive, member.name, member.size)
                contents[member.name] = tar.extractfile(member).read()
    missing = [name for name in names if name not in contents]
    if missing:
        raise ValueError(f"{archive}: no member {missing[0]!r}")
    return contents


@contextmanager
def tar_members(
    archive: str | Path,
) -> Iterator[tuple[tarfile.TarFile, Iterator[tarfile.TarInfo]]]:
    """A .tar or .tgz file and its members in order, with the errors of `read_members`."""

    def checked(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
        for member in tar:
            # The safety rules of the standard library, although nothing is extracted: an
            # archive that breaks them is not the one that was published.
            tarfile.data_filter(member, "folder")
            yield member

    try:
        with tarfile.open(archive) as tar:
            yield tar, checked(tar)
    except tarfile.FilterError as error:
        raise ValueError(f"{archive}: {error}; expected members inside one folder") from error
    except FileNotFoundError:
        raise
    except (tarfile.ReadError, EOFError, zlib.error, OSError) as error:
        raise ValueError(f"{archive}: damaged or truncated archive ({one_line(error)})") from error


def tar_places(archive: str | Path) -> dict[str, str]:
    """Where each file of an uncompressed .tar lies, by member name: `file@first+length`, in bytes.

    What lies at a place is read without the archive's other members, by any process at any time.
    Raises ValueError where the archive is compressed.
    """
    with open(archive, "rb") as file:
        if file.read(len(GZIP)) == GZIP:
            raise ValueError(f"{archive}: compressed, expected a plain tar: decompress it")
    with tar_members(archive) as (_, members):
        return {
            member.name: place(archive, member.offset_data, member.size)
            for member in members
            if member.isfile()
        }


def zip_places(archive: str | Path) -> dict[str, str]:
    """As `tar_places`, of a .zip whose files are stored without compression, as photographs are.

    Raises ValueError where the archive is damaged or a file in it is compressed.
    """
    places = {}
    try:
        with zipfile.ZipFile(archive) as members, open(archive, "rb") as file:
            for member in members.infolist():
                if member.is_dir():
                    continue
                if member.compress_type != zipfile.ZIP_STORED:
                    raise ValueError(
                        f"{archive}: {member.filename} is compressed, expected it stored: unpack "
                        "the archive, and name the folder in the study"
                    )
                # The name's and the extra field's lengths may differ from the directory's.
                file.seek(member.header_offset)
                lengths = ZIP_HEADER.unpack(file.read(ZIP_HEADER.size))
                first = member.header_offset + ZIP_HEADER.size + sum(lengths)
                places[member.filename] = place(archive, first, member.file_size)
    except FileNotFoundError:
        raise
    except (zipfile.BadZipFile, struct.error, OSError) as error:
        raise ValueError(f"{archive}: damaged or truncated archive ({one_line(error)})") from error
    return places


def place(archive: str | Path, first: int, length: int) -> str:
    """A place in a file: from byte `first` on, so many bytes."""
    return f"{archive}@{first}+{length}"


def read_place(place: str) -> bytes:
    """What lies at a place of `tar_places` or `zip_places`, or in the file of a plain path."""
    found = PLACE.fullmatch(place)
    if found is None or Path(place).is_file():
        return Path(place).read_bytes()
    with open(found["file"], "rb") as file:
        file.seek(int(found["first"]))
        return file.read(int(found["length"]))
