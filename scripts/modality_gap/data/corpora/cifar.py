"""What CIFAR-10 and CIFAR-100 share: 32 × 32 photographs in the binary version."""

from pathlib import Path

import numpy as np
import pandas as pd

from modality_gap.data.archives import read_members
from modality_gap.data.corpora import Corpus, class_captions
from modality_gap.data.corpora.originals import png

SIDE = 32
PIXELS = 3 * SIDE**2
TEMPLATE = "a photo of a {}."
HOME = "get it from https://www.cs.toronto.edu/~kriz/cifar.html (the binary version)"


def labelled(images: pd.DataFrame, column: str, names: list[str]) -> Corpus:
    """The corpus of images whose captions are their classes."""
    captions = class_captions(images.image_id, images[column], names, TEMPLATE)
    return Corpus(images, captions, {"names": names})


def read_binary(
    archive: Path, members: dict[str, list[str]], names: dict[str, str]
) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Images with integer labels of an archive in the binary version, and the classes' names.

    members: the files of each split; names: the file of names of each label, in the order of the
    labels' bytes. Raises ValueError, naming the member, where its length or a label is wrong.
    """
    files = [file for parts in members.values() for file in parts]
    contents = read_members(archive, [*files, *names.values()])
    classes = {column: class_names(contents[file]) for column, file in names.items()}
    tables = []
    for split, parts in members.items():
        records = np.concatenate(
            [read_records(contents.pop(file), classes, f"{archive}: {file}") for file in parts]
        )
        labels = records[:, : len(classes)].astype(np.int64)
        pixels = records[:, len(classes) :].reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
        tables.append(
            pd.DataFrame(
                {
                    "image_id": [f"{split}/{row:05d}" for row in range(len(records))],
                    "image": [png(image) for image in pixels],
                    "split": split,
                    **dict(zip(classes, labels.T, strict=True)),
                }
            )
        )
    return pd.concat(tables, ignore_index=True), classes


def class_names(content: bytes) -> list[str]:
    """A class a line, written with spaces."""
    lines = content.decode("utf-8-sig").split("\n")
    return [line.strip().replace("_", " ") for line in lines if line.strip()]


def read_records(content: bytes, classes: dict[str, list[str]], name: str) -> np.ndarray:
    """A byte a label, then the red, green and blue pixels, row by row; shape (n, labels + 3072)."""
    length = len(classes) + PIXELS
    if not content or len(content) % length:
        raise ValueError(f"{name}: {len(content)} bytes, expected images of {length} bytes each")
    records = np.frombuffer(content, dtype=np.uint8).reshape(-1, length)
    for place, (column, known) in enumerate(classes.items()):
        wrong = records[:, place] >= len(known)
        if wrong.any():
            row = int(wrong.argmax())
            raise ValueError(
                f"{name}: image {row} has {column} {records[row, place]}, "
                f"expected 0 to {len(known) - 1}"
            )
    return records
