"""Shards of webdatasets: tars whose members are samples, `<key>.<ending>` for each part of one."""

import tarfile
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from modality_gap.data.archives import GZIP, place, tar_members

IMAGE_ENDINGS = ("webp", "png", "jpg", "jpeg")
# Endings of images that are not read: a sample with one of them is a mistake, not another part.
OTHER_IMAGES = {"avif", "bmp", "gif", "heic", "jfif", "jp2", "jxl", "pbm", "pgm", "ppm", "svg"}
OTHER_IMAGES |= {"tif", "tiff"}
END_OF_TAR = bytes(1024)
AFTER_END = 2**20  # where a second archive would begin
HIDDEN, META = "hidden files", "files of the format itself"


class Shard(NamedTuple):
    """What a shard holds.

    samples: (image id, place of the image, split, text of the label), in order. unread: how many
    members beside images and labels there are, by ending or kind.
    """

    samples: list[tuple[str, str, str, str]]
    unread: Counter


def read_shard(shard: Path, split: str, ending: str) -> Shard:
    """The samples of a shard; ending: of the member with the label, in lower case.

    A sample has one image and one label; what else it has, such as a .json with where it is from,
    is counted. So are hidden files (macOS packs `._…` beside each file) and those named `__…__`,
    which no reader of the format takes for samples. Raises ValueError, naming shard and sample,
    where one lacks either, has two, or has an image of a kind that is not read.
    """
    if not shard.is_file():
        raise FileNotFoundError(f"{shard}: no such shard, expected by nshards.txt")
    check_whole(shard)
    found, unread = read_parts(shard, ending)
    samples = []
    for key, parts in found.items():
        image, others = sample_image(parts, f"{shard}: sample {key!r}", ending)
        unread.update(f".{other}" for other in others)
        samples.append((f"{split}/{key}", parts[image], split, parts[ending]))
    if not samples:
        raise ValueError(f"{shard}: no samples, expected images with .{ending} files")
    return Shard(samples, unread)


def read_parts(shard: Path, ending: str) -> tuple[dict[str, dict[str, str]], Counter]:
    """Each sample's parts by ending: an image's place, the label's text; and what is no sample's."""
    samples, unread = {}, Counter()
    with tar_members(shard) as (tar, members):
        for member in members:
            folder, slash, name = member.name.removeprefix("./").rpartition("/")
            if member.isdir():
                continue
            if name.startswith("."):
                unread[HIDDEN] += 1
                continue
            if not slash and name.startswith("__") and name.endswith("__"):
                unread[META] += 1
                continue
            if member.issparse() or member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
                raise ValueError(
                    f"{shard}: {member.name}: a link or a special file, expected a file"
                )
            key, _, part = name.partition(".")
            part, parts = part.lower(), samples.setdefault(f"{folder}{slash}{key}", {})
            second_image = part in IMAGE_ENDINGS and any(other in parts for other in IMAGE_ENDINGS)
            if part in parts or second_image:
                raise ValueError(f"{shard}: {member.name}: a second one of sample {key!r}")
            if part == ending:
                parts[part] = decode_label(tar.extractfile(member).read(), shard, member)
            else:
                parts[part] = place(shard, member.offset_data, member.size)
        end = tar.offset
    with shard.open("rb") as file:
        file.seek(end)
        if file.read(AFTER_END).strip(b"\0"):
            raise ValueError(
                f"{shard}: more after its end, as of two archives put together: expected one"
            )
    return samples, unread


def sample_image(parts: dict[str, str], name: str, ending: str) -> tuple[str, list[str]]:
    """The ending of a sample's image, and those of what is neither image nor label."""
    images = [part for part in parts if part in IMAGE_ENDINGS]
    unknown = [part for part in parts if part in OTHER_IMAGES]
    has = ", ".join(f".{part}" for part in parts)
    expected = ", ".join(f".{image}" for image in IMAGE_ENDINGS)
    if unknown:
        raise ValueError(f"{name} has an image as .{unknown[0]}, expected one of {expected}")
    if not images:
        raise ValueError(f"{name} has no image (it has {has}), expected one of {expected}")
    if ending not in parts and "npy" in parts:
        raise ValueError(
            f"{name} has its label as .npy: several classes an image (multilabel) are not "
            f"supported, expected one class in a .{ending} file"
        )
    if ending not in parts:
        raise ValueError(f"{name} has no .{ending} file (it has {has})")
    return images[0], [part for part in parts if part not in (images[0], ending)]


def check_whole(archive: Path) -> None:
    """Raise ValueError where a tar is compressed, or cut off between two of its members."""
    with archive.open("rb") as file:
        if file.read(len(GZIP)) == GZIP:
            raise ValueError(
                f"{archive}: compressed with gzip, expected a plain tar, in which images are read "
                "where they lie: decompress it, under the same name"
            )
        file.seek(max(0, archive.stat().st_size - len(END_OF_TAR)))
        if file.read() != END_OF_TAR:
            raise ValueError(f"{archive}: damaged or truncated archive (no end of archive)")


def decode_label(content: bytes, shard: Path, member: tarfile.TarInfo) -> str:
    """A label file's text, without a byte order mark."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{shard}: {member.name}: not UTF-8 text") from error


def unread_remark(unread: Counter, name: str) -> list[str]:
    """One line that says which members of shards are neither image nor label; none: no line."""
    if not unread:
        return []
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in sorted(unread.items()))
    return [f"{name}: not read, beside images and labels: {kinds}"]
