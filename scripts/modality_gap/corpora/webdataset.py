"""Webdatasets in the layout of LAION's CLIP_benchmark, as `clip-benchmark/wds_*` of the hub have it.

A folder holds `<split>/nshards.txt`, the shards `<split>/0.tar`, `<split>/1.tar`, … and, for
classification, `classnames.txt` and maybe `zeroshot_classification_templates.txt`;
`dataset_type.txt` says `retrieval` where samples have captions. A sample is an image
(`s0000000.jpg`, .jpeg, .png or .webp) and, under the same name, its class (`.cls`, from 0) or its
captions (`.txt`, one a line).
"""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from modality_gap.archives import place, tar_members
from modality_gap.corpora import Corpus, class_captions

TYPE, CLASS_NAMES = "dataset_type.txt", "classnames.txt"
TEMPLATES, SHARDS = "zeroshot_classification_templates.txt", "nshards.txt"
LABEL_ENDINGS = {"classification": "cls", "retrieval": "txt"}
IMAGE_ENDINGS = ("webp", "png", "jpg", "jpeg")
DEFAULT_TEMPLATE = "a photo of a {}."
MEMBER = re.compile(r"(?:\./)?(?P<key>(?:.*/)?[^./][^./]*)\.(?P<ending>[^/]*)")
GZIP = b"\x1f\x8b"
END_OF_TAR = bytes(1024)


def read_webdataset(folder: str | Path, splits: list[str]) -> Corpus:
    """The corpus of a webdataset's splits; images are read where they lie in the shards.

    Classification: images have an int64 column `class`, and one caption, the class's name in the
    first template. Retrieval: every line of a sample's text file is a caption, in order.
    """
    folder = Path(folder)
    kind = read_type(folder)
    samples = [
        sample
        for split in splits
        for shard in shards_of(folder, split)
        for sample in read_shard(shard, split, LABEL_ENDINGS[kind])
    ]
    images = pd.DataFrame(samples, columns=["image_id", "image", "split", "label"])
    labels = images.pop("label")
    if kind == "retrieval":
        return Corpus(images, line_captions(images.image_id, labels))
    classes = read_classes(folder)
    images["class"] = check_labels(labels, images.image_id, classes["names"], folder)
    template = classes.get("templates", [DEFAULT_TEMPLATE])[0]
    captions = class_captions(images.image_id, images["class"], classes["names"], template)
    return Corpus(images, captions, classes)


def read_type(folder: Path) -> str:
    """`retrieval`, or `classification`, which a folder is that does not say otherwise."""
    file = folder / TYPE
    kind = file.read_text().strip().lower() if file.is_file() else "classification"
    if kind not in LABEL_ENDINGS:
        raise ValueError(f"{file}: {kind!r}, expected {' or '.join(LABEL_ENDINGS)}")
    return kind


def shards_of(folder: Path, split: str) -> list[Path]:
    """Paths of a split's shards, as many as its `nshards.txt` says."""
    return [folder / name for name in shard_names(folder / split / SHARDS, split)]


def shard_names(file: Path, split: str) -> list[str]:
    """Names of a split's shards in the layout; file: its `nshards.txt`."""
    if not file.is_file():
        found = sorted(path.parent.name for path in file.parents[1].glob(f"*/{SHARDS}"))
        raise FileNotFoundError(
            f"{file}: no such file, expected the number of shards of split {split!r}; "
            f"splits that have one: {', '.join(found) or 'none'}"
        )
    text = file.read_text().strip()
    if not text.isdecimal() or int(text) == 0:
        raise ValueError(f"{file}: {text!r}, expected a number of shards from 1")
    return [f"{split}/{number}.tar" for number in range(int(text))]


def read_shard(shard: Path, split: str, ending: str) -> Iterator[tuple[str, str, str, str]]:
    """(image id, place of the image, split, text of the label) of each sample, in order.

    ending: of the member with the label. Raises ValueError, naming the shard and the sample.
    """
    if not shard.is_file():
        raise FileNotFoundError(f"{shard}: no such shard, expected by {SHARDS}")
    check_whole(shard)
    images, labels = {}, {}
    with tar_members(shard) as (tar, members):
        for member in members:
            found = MEMBER.fullmatch(member.name)
            if found is None or not member.isfile():
                continue
            if found["ending"].lower() in IMAGE_ENDINGS:
                part, value = images, place(shard, member.offset_data, member.size)
            elif found["ending"].lower() == ending:
                part, value = labels, decode_label(tar.extractfile(member).read(), shard, member)
            else:
                continue
            if found["key"] in part:
                raise ValueError(f"{shard}: {member.name}: a second one of sample {found['key']!r}")
            part[found["key"]] = value
    for part, other, what in ((images, labels, f".{ending} file"), (labels, images, "image")):
        missing = next((key for key in part if key not in other), None)
        if missing is not None:
            raise ValueError(f"{shard}: sample {missing!r} has no {what}")
    if not images:
        raise ValueError(f"{shard}: no samples, expected images with .{ending} files")
    for key, image in images.items():
        yield f"{split}/{key}", image, split, labels[key]


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


def decode_label(content: bytes, shard: Path, member) -> str:
    """A label file's text."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"{shard}: {member.name}: not UTF-8 text") from error


def read_classes(folder: Path) -> dict[str, list[str]]:
    """Class names, and prompt templates where there are any, with {} in the place of {c}."""
    file = folder / CLASS_NAMES
    if not file.is_file():
        raise FileNotFoundError(f"{file}: no such file, expected a class name a line")
    classes = {"names": [line.strip() for line in file.read_text("utf-8").splitlines()]}
    file = folder / TEMPLATES
    if file.is_file():
        templates = [line.strip() for line in file.read_text("utf-8").splitlines()]
        wrong = next((line for line in templates if "{c}" not in line), None)
        if wrong is not None or not templates:
            raise ValueError(f"{file}: template {wrong!r}, expected {{c}} for the class in each")
        classes["templates"] = [template.replace("{c}", "{}") for template in templates]
    return classes


def check_labels(
    labels: pd.Series, image_ids: pd.Series, names: list[str], folder: Path
) -> np.ndarray:
    """The classes that label files name, int64, each one of the names."""
    for image, label in zip(image_ids, labels, strict=True):
        if not label.strip().isdecimal() or int(label) >= len(names):
            raise ValueError(
                f"{folder}: image {image!r} has class {label.strip()!r}, "
                f"expected one of 0 to {len(names) - 1}, as {CLASS_NAMES} names them"
            )
    return np.array([int(label) for label in labels], dtype=np.int64)


def line_captions(image_ids: pd.Series, texts: pd.Series) -> pd.DataFrame:
    """Captions, a line each; lines end where CLIP_benchmark ends them."""
    rows = [
        (f"{image}#{row}", image, line)
        for image, text in zip(image_ids, texts, strict=True)
        for row, line in enumerate(text.splitlines())
    ]
    return pd.DataFrame(rows, columns=["caption_id", "image_id", "text"])
