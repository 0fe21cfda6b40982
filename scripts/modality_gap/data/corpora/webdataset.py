"""Webdatasets in the layout of LAION's CLIP_benchmark, as `clip-benchmark/wds_*` of the hub have it.

A folder holds `<split>/nshards.txt`, the shards `<split>/0.tar`, `<split>/1.tar`, … and, for
classification, `classnames.txt` and maybe `zeroshot_classification_templates.txt`;
`dataset_type.txt` says `retrieval` where samples have captions. A sample is an image
(`s0000000.jpg`, .jpeg, .png or .webp) and, under the same name, its class (`.cls`, from 0) or its
captions (`.txt`, one a line).
"""

from collections import Counter
from pathlib import Path
from string import Formatter

import numpy as np
import pandas as pd

from modality_gap.data.corpora import Corpus, class_captions
from modality_gap.data.corpora.originals import read_lines
from modality_gap.data.corpora.shards import read_shard, unread_remark
from modality_gap.data.watched import check_listed

CHECKSUMS = "checksums.txt"  # of what was downloaded
TYPE, CLASS_NAMES = "dataset_type.txt", "classnames.txt"
TEMPLATES, SHARDS = "zeroshot_classification_templates.txt", "nshards.txt"
LABEL_ENDINGS = {"classification": "cls", "retrieval": "txt"}
DEFAULT_TEMPLATE = "a photo of a {}."


def read_webdataset(folder: str | Path, splits: list[str]) -> Corpus:
    """The corpus of a webdataset's splits; images are read where they lie in the shards.

    Classification: images have an int64 column `class`, and one caption, the class's name in the
    first template. Retrieval: every line of a sample's text file is a caption, in order. Raises
    ValueError where a file is another one than was downloaded.
    """
    folder = Path(folder)
    if (folder / CHECKSUMS).is_file():
        split_files = [file for split in splits for file in (folder / split).glob("*")]
        files = [*folder.glob("*.txt"), *split_files]
        check_listed(folder / CHECKSUMS, [file.relative_to(folder).as_posix() for file in files])
    kind = read_type(folder)
    shards = [
        read_shard(shard, split, LABEL_ENDINGS[kind])
        for split in splits
        for shard in shards_of(folder, split)
    ]
    samples = [sample for shard in shards for sample in shard.samples]
    unread = sum((shard.unread for shard in shards), Counter())
    remarks = unread_remark(unread, str(folder))
    images = pd.DataFrame(samples, columns=["image_id", "image", "split", "label"])
    labels = images.pop("label")
    if kind == "retrieval":
        captions = line_captions(images.image_id, labels, folder)
        return Corpus(images, captions, remarks=remarks)
    classes = read_classes(folder)
    images["class"] = check_labels(labels, images.image_id, classes["names"], folder)
    template = classes.get("templates", [DEFAULT_TEMPLATE])[0]
    captions = class_captions(images.image_id, images["class"], classes["names"], template)
    return Corpus(images, captions, classes, remarks)


def read_type(folder: Path) -> str:
    """`retrieval`, or `classification`, which a folder is that does not say otherwise."""
    file = folder / TYPE
    kind = " ".join(read_lines(file)).strip().lower() if file.is_file() else "classification"
    if kind == "multilabel":
        raise ValueError(
            f"{file}: {kind}: several classes an image are not supported, expected "
            f"{' or '.join(LABEL_ENDINGS)}"
        )
    if kind not in LABEL_ENDINGS:
        raise ValueError(f"{file}: {kind!r}, expected {' or '.join(LABEL_ENDINGS)}")
    return kind


def shards_of(folder: Path, split: str) -> list[Path]:
    """Paths of a split's shards, as many as its `nshards.txt` says."""
    names = shard_names(folder / split / SHARDS, split)
    there = {f"{split}/{path.name}" for path in (folder / split).glob("*.tar")}
    more = sorted(there - set(names))
    if more and there.issuperset(names):
        raise ValueError(
            f"{folder / more[0]}: a shard beyond the {len(names)} that {SHARDS} says, expected none"
        )
    return [folder / name for name in names]


def shard_names(file: Path, split: str) -> list[str]:
    """Names of a split's shards in the layout; file: its `nshards.txt`."""
    if not file.is_file():
        found = sorted(path.parent.name for path in file.parents[1].glob(f"*/{SHARDS}"))
        raise FileNotFoundError(
            f"{file}: no such file, expected the number of shards of split {split!r}; "
            f"splits that have one: {', '.join(found) or 'none'}"
        )
    text = " ".join(read_lines(file)).strip()
    if not text.isdecimal() or int(text) == 0:
        raise ValueError(f"{file}: {text!r}, expected a number of shards from 1")
    return [f"{split}/{number}.tar" for number in range(int(text))]


def read_classes(folder: Path) -> dict[str, list[str]]:
    """Class names, and prompt templates where there are any, with {} in the place of {c}."""
    file = folder / CLASS_NAMES
    if not file.is_file():
        raise FileNotFoundError(f"{file}: no such file, expected a class name a line")
    classes = {"names": read_filled_lines(file, "a class name")}
    file = folder / TEMPLATES
    if file.is_file():
        templates = read_filled_lines(file, "a template with {c} for the class")
        classes["templates"] = [own_template(template, file) for template in templates]
    return classes


def read_filled_lines(file: Path, what: str) -> list[str]:
    """Lines without the blanks around them; one that is empty would shift those after it."""
    lines = [line.strip() for line in read_lines(file)]
    if "" in lines or not lines:
        where = f"line {lines.index('') + 1} is blank" if lines else "no lines"
        raise ValueError(f"{file}: {where}, expected {what} in each")
    return lines


def own_template(template: str, file: Path) -> str:
    """A template with {} instead of {c}; what else is in braces could not be filled in."""
    try:
        fields = [part[1:] for part in Formatter().parse(template) if part[1] is not None]
    except ValueError:
        fields = []
    if not fields or any(field != ("c", "", None) for field in fields):
        raise ValueError(
            f"{file}: template {template!r}, expected {{c}} for the class in each, and no other "
            "braces"
        )
    return template.replace("{c}", "{}")


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


def line_captions(image_ids: pd.Series, texts: pd.Series, name: str | Path) -> pd.DataFrame:
    """Captions, a line each; lines end where CLIP_benchmark ends them.

    Blank lines at the end are the file's, not captions. Raises ValueError, naming the image, for
    one between captions, or without any. name: of the source, for the error.
    """
    rows = []
    for image, text in zip(image_ids, texts, strict=True):
        lines = text.splitlines()
        while lines and not lines[-1].strip():
            lines.pop()
        blank = next((row for row, line in enumerate(lines) if not line.strip()), None)
        if blank is not None or not lines:
            where = "no caption" if blank is None else f"an empty caption in line {blank + 1}"
            raise ValueError(f"{name}: image {image!r} has {where}, expected a caption a line")
        rows += [(f"{image}#{row}", image, line) for row, line in enumerate(lines)]
    return pd.DataFrame(rows, columns=["caption_id", "image_id", "text"])
