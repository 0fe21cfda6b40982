"""Conceptual Captions (CC3M, Sharma et al. 2018): images of the web, which its users fetch."""

import re
from collections import Counter
from pathlib import Path

import pandas as pd

from modality_gap.data.corpora import Corpus
from modality_gap.data.corpora.originals import check_splits, original, read_lines
from modality_gap.data.corpora.shards import (
    HIDDEN,
    IMAGE_ENDINGS,
    OTHER_IMAGES,
    read_shard,
    unread_remark,
)
from modality_gap.data.corpora.webdataset import line_captions

TABLES = {
    "training": "Train_GCC-training.tsv",
    "validation": "Validation_GCC-1.1.0-Validation.tsv",
}
ADDRESS = re.compile(r"\s*(https?|ftp)://\S+\s*", re.IGNORECASE)
HOME = "get it from https://ai.google.com/research/ConceptualCaptions/download and put it there"


def read_cc3m(folder: str | Path, splits: list[str]) -> Corpus:
    """Conceptual Captions, as far as its images were fetched; splits: training, validation.

    A folder `<split>` holds the images: in shards as img2dataset writes them with
    `--output_format webdataset --caption_col caption`, whose captions are read with them; or as
    files that are named by the row, from 0, of the image in the published table of captions,
    such as `0000017.jpg`. Rows whose images are not there, as many are no longer, are left out.
    """
    check_splits(splits, tuple(TABLES), "cc3m")
    parts = [read_part(Path(folder), split) for split in splits]
    images, captions = (
        pd.concat(tables, ignore_index=True)
        for tables in zip(*((part.images, part.captions) for part in parts), strict=True)
    )
    return Corpus(images, captions, remarks=[line for part in parts for line in part.remarks])


def read_part(folder: Path, split: str) -> Corpus:
    """One split."""
    if not (folder / split).is_dir():
        raise FileNotFoundError(
            f"{folder / split}: no such folder, expected the images of split {split!r}: fetch "
            f"them with img2dataset from {TABLES[split]}"
        )
    files = sorted((folder / split).glob("[!.]*.tar"))
    if not files:
        return read_rows(original(folder, TABLES[split], HOME), folder / split)
    shards = [read_shard(file, split, "txt") for file in files]
    samples = [sample for shard in shards for sample in shard.samples]
    images = pd.DataFrame(samples, columns=["image_id", "image", "split", "text"])
    captions = line_captions(images.image_id, images.pop("text"), folder / split)
    unread = sum((shard.unread for shard in shards), Counter())
    return Corpus(images, captions, remarks=unread_remark(unread, str(folder / split)))


def read_rows(file: Path, folder: Path) -> Corpus:
    """The rows of a table whose images are in a folder, in the table's order."""
    texts, remarks = read_texts(file)
    images, unread = row_images(file, folder, len(texts))
    rows = sorted(images)
    ids = [f"{folder.name}/{row}" for row in rows]
    table = pd.DataFrame(
        {
            "image_id": ids,
            "image": [str(images[row]) for row in rows],
            "split": folder.name,
        }
    )
    captions = {
        "caption_id": [f"{image}#caption" for image in ids],
        "image_id": ids,
        "text": [texts[row] for row in rows],
    }
    remarks += [f"{file}: {len(texts):,} rows, of which {len(rows):,} have an image in {folder}"]
    remarks += unread_remark(unread, str(folder))
    return Corpus(table, pd.DataFrame(captions), remarks=remarks)


def row_images(file: Path, folder: Path, rows: int) -> tuple[dict[int, Path], Counter]:
    """The images of a folder by the row of the table that they are named by; what is no image."""
    images, unread = {}, Counter()
    for path in folder.iterdir():
        ending = path.suffix.lower().lstrip(".")
        if path.name.startswith("."):
            unread[HIDDEN] += 1
            continue
        if ending in OTHER_IMAGES:
            raise ValueError(f"{path}: expected an image as one of {', '.join(IMAGE_ENDINGS)}")
        if ending not in IMAGE_ENDINGS:
            unread[f".{ending}"] += 1
            continue
        if not path.stem.isdecimal() or int(path.stem) >= rows:
            raise ValueError(
                f"{path}: expected an image's row in {file.name} as its name, from 0 to {rows - 1}"
            )
        if images.setdefault(int(path.stem), path) is not path:
            raise ValueError(f"{path}: a second image of row {int(path.stem)}")
    if not images:
        raise FileNotFoundError(f"{folder}: no images, expected some named by row, as 0000017.jpg")
    return images, unread


def read_texts(file: Path) -> tuple[list[str], list[str]]:
    """The captions of a table with lines `<caption><tab><address>`, and remarks.

    A first line whose second column is no address is a header, as img2dataset's recipe adds one: it
    is no row. Further columns, as the release with labels has them, are not read. Raises ValueError,
    naming the line, where a caption or an address is missing, or they stand the other way round.
    """
    texts, remarks = [], []
    for number, line in enumerate(read_lines(file), start=1):
        text, address, *_ = [part.strip() for part in line.split("\t")] + [""]
        if number == 1 and address and not (ADDRESS.fullmatch(address) or ADDRESS.fullmatch(text)):
            remarks.append(f"{file}: line 1 is a header ({line[:40]!r}): row 0 is line 2")
            continue
        swapped = ADDRESS.fullmatch(text) and not ADDRESS.fullmatch(address)
        if swapped or not (text and address):
            raise ValueError(
                f"{file}: line {number} is {line[:40]!r}, expected a caption, a tab and an address"
            )
        texts.append(text)
    if not texts:
        raise ValueError(f"{file}: no rows, expected a caption, a tab and an address in each line")
    return texts, remarks
