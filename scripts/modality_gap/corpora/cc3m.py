"""Conceptual Captions (CC3M, Sharma et al. 2018): images of the web, which its users fetch."""

from pathlib import Path

import pandas as pd

from modality_gap.corpora import Corpus
from modality_gap.corpora.originals import check_splits, original
from modality_gap.corpora.webdataset import IMAGE_ENDINGS, line_captions, read_shard

TABLES = {
    "training": "Train_GCC-training.tsv",
    "validation": "Validation_GCC-1.1.0-Validation.tsv",
}
HOME = "get it from https://ai.google.com/research/ConceptualCaptions/download and put it there"


def read_cc3m(folder: str | Path, splits: list[str]) -> Corpus:
    """Conceptual Captions, as far as its images were fetched; splits: training, validation.

    A folder `<split>` holds the images: in shards as img2dataset writes them with
    `--output_format webdataset --caption_col caption`, whose captions are read with them; or as
    files that are named by the row, from 0, of the image in the published table of captions,
    such as `0000017.jpg`. Rows whose images are not there, as many are no longer, are left out.
    """
    check_splits(splits, tuple(TABLES), "cc3m")
    tables = [read_part(Path(folder), split) for split in splits]
    images, captions = (pd.concat(part, ignore_index=True) for part in zip(*tables, strict=True))
    return Corpus(images, captions)


def read_part(folder: Path, split: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(images, captions) of one split."""
    if not (folder / split).is_dir():
        raise FileNotFoundError(
            f"{folder / split}: no such folder, expected the images of split {split!r}: fetch "
            f"them with img2dataset from {TABLES[split]}"
        )
    shards = sorted((folder / split).glob("*.tar"))
    if shards:
        samples = [sample for shard in shards for sample in read_shard(shard, split, "txt")]
        images = pd.DataFrame(samples, columns=["image_id", "image", "split", "text"])
        return images, line_captions(images.image_id, images.pop("text"))
    return read_rows(original(folder, TABLES[split], HOME), folder / split)


def read_rows(file: Path, folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(images, captions) of the rows of a table whose images are in a folder; both in its order."""
    texts = read_texts(file)
    images = {}
    for path in folder.iterdir():
        if path.suffix.lower().lstrip(".") not in IMAGE_ENDINGS:
            continue
        if not path.stem.isdecimal() or int(path.stem) >= len(texts):
            raise ValueError(
                f"{path}: expected an image's row in {file.name} as its name, "
                f"from 0 to {len(texts) - 1}"
            )
        if images.setdefault(int(path.stem), path) is not path:
            raise ValueError(f"{path}: a second image of row {int(path.stem)}")
    if not images:
        raise FileNotFoundError(f"{folder}: no images, expected some named by row, as 0000017.jpg")
    rows = sorted(images)
    ids = [f"{folder.name}/{row}" for row in rows]
    table = pd.DataFrame(
        {
            "image_id": ids,
            "image": [str(images[row].resolve()) for row in rows],
            "split": folder.name,
        }
    )
    captions = {
        "caption_id": [f"{image}#caption" for image in ids],
        "image_id": ids,
        "text": [texts[row] for row in rows],
    }
    return table, pd.DataFrame(captions)


def read_texts(file: Path) -> list[str]:
    """The captions of a table with lines `<caption><tab><address>`."""
    texts = []
    for number, line in enumerate(file.read_text("utf-8").rstrip("\n").split("\n"), start=1):
        text, tab, address = line.partition("\t")
        if not (tab and text.strip() and address.strip()):
            raise ValueError(
                f"{file}: line {number} is {line[:40]!r}, expected a caption, a tab and an address"
            )
        texts.append(text.strip())
    return texts
