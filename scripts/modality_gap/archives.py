"""Archives: members read into memory, so that nothing an archive names is ever written."""

import tarfile
import zlib
from pathlib import Path


def read_members(archive: str | Path, names: list[str]) -> dict[str, bytes]:
    """Contents of the named members of a .tar or .tgz file.

    Raises ValueError, naming the archive, where it is damaged or truncated, where any member
    points outside the archive's folder, or where a named member is missing.
    """
    contents = {}
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                # The safety rules of the standard library, although nothing is extracted: an
                # archive that breaks them is not the one that was published.
                tarfile.data_filter(member, "folder")
                if member.name in names:
                    contents[member.name] = tar.extractfile(member).read()
    except tarfile.FilterError as error:
        raise ValueError(f"{archive}: {error}; expected members inside one folder") from error
    except (tarfile.ReadError, EOFError, zlib.error, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise ValueError(f"{archive}: damaged or truncated archive ({error})") from error
    missing = [name for name in names if name not in contents]
    if missing:
        raise ValueError(f"{archive}: no member {missing[0]!r}")
    return contents
