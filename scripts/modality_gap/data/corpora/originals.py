"""What readers of original files share: splits, files that must be there, images in archives."""

import io
import re
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pandas as pd
from PIL import Image
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from modality_gap.data.archives import check_size, zip_places

# What loadmat raises for a file that is cut off, damaged or of another kind.
MATLAB_ERRORS = (
    MatReadError,
    ValueError,
    TypeError,
    IndexError,
    OSError,
    NotImplementedError,
    zlib.error,
)


def check_splits(splits: list[str], known: tuple[str, ...], source: str) -> None:
    """Raise ValueError where a split is asked for that the source does not have, or none is."""
    unknown = [split for split in splits if split not in known]
    if unknown or not splits:
        asked = f"unknown split {unknown[0]!r}" if unknown else "no split"
        raise ValueError(f"{source}: {asked}, expected one of {', '.join(known)}")


def original(folder: Path, name: str, where: str) -> Path:
    """A published file in the folder, or a FileNotFoundError that says where to get it."""
    file = Path(folder) / name
    if not file.is_file():
        raise FileNotFoundError(f"{file}: no such file; {where}")
    return file


def read_text(file: str | Path) -> str:
    """A file of text: UTF-8, with or without a byte order mark, its lines ended as on Unix.

    Raises ValueError, naming the file, where it is not UTF-8.
    """
    try:
        text = Path(file).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{file}: not UTF-8 text ({error})") from error
    return text.replace("\r\n", "\n")


def read_lines(file: str | Path) -> list[str]:
    """The lines of a file of text; blank ones at its end are not lines of it. See `read_text`."""
    text = read_text(file).rstrip()
    return text.split("\n") if text else []


def without_blank(captions: pd.DataFrame, name: str) -> tuple[pd.DataFrame, list[str]]:
    """The captions that have a text, and a line that says which had none; no line, where all do."""
    blank = ~captions.text.str.contains(r"\S")
    if not blank.any():
        return captions, []
    ids = ", ".join(captions.caption_id[blank][:5])
    remark = f"{name}: {blank.sum():,} captions without a text are left out, such as {ids}"
    return captions[~blank].reset_index(drop=True), [remark]


def png(pixels: np.ndarray) -> bytes:
    """Pixels as the bytes of a PNG, which loses nothing; shape (height, width, 3), uint8."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()


def check_values(table: pd.DataFrame, column: str, allowed: list, name: str) -> None:
    """Raise ValueError, naming the row (from 1), where a column holds something else."""
    wrong = ~table[column].isin(allowed).to_numpy()
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(
            f"{name}: row {row + 1} has {column} {table[column].iloc[row]!r}, "
            f"expected one of {', '.join(map(str, allowed))}"
        )


def read_matlab(file: str | Path | BinaryIO, variables: list[str], name: str) -> dict:
    """The named variables of a MATLAB file, without the dimensions that are 1 long."""
    try:
        found = loadmat(file, variable_names=variables, squeeze_me=True)
    except MATLAB_ERRORS as error:
        raise ValueError(f"{name}: damaged or truncated MATLAB file ({error})") from error
    missing = [variable for variable in variables if variable not in found]
    if missing:
        raise ValueError(f"{name}: no variable {missing[0]!r}, expected {', '.join(variables)}")
    return found


def zip_images(archive: Path, wanted: re.Pattern) -> dict[str, str | bytes]:
    """The members of a .zip whose names match in full, by name, in the archive's order.

    Each is its place in the archive where that compresses nothing, and its bytes where it does.
    Raises ValueError where the archive is damaged.
    """
    try:
        with zipfile.ZipFile(archive) as members:
            files = [member for member in members.infolist() if not member.is_dir()]
            if any(member.compress_type != zipfile.ZIP_STORED for member in files):
                for member in files:
                    check_size(archive, member.filename, member.file_size)
                return {
                    member.filename: members.read(member)
                    for member in files
                    if wanted.fullmatch(member.filename)
                }
    except FileNotFoundError:
        raise
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise ValueError(f"{archive}: damaged or truncated archive ({error})") from error
    places = zip_places(archive)
    return {name: place for name, place in places.items() if wanted.fullmatch(name)}
