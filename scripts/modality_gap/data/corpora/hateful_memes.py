"""Hateful Memes: pictures with a text in them, which together are hateful or not."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd

from modality_gap.data.corpora import Corpus
from modality_gap.data.corpora.originals import check_splits, check_values, original, read_lines

# `dev` and `test` are the seen ones of the first release, before there were unseen ones.
SPLITS = ("train", "dev", "test", "dev_seen", "dev_unseen", "test_seen", "test_unseen")
NAMES = ["not hateful", "hateful"]
HOME = (
    "get the data set of the Hateful Memes Challenge from https://hatefulmemeschallenge.com, "
    "after you have agreed to its licence, and unpack it there"
)


def read_hateful_memes(folder: Path, splits: list[str], unlabelled: bool = False) -> Corpus:
    """Hateful Memes from `<split>.jsonl` and `img/`; an image's caption is the meme's text.

    splits: train (8,500 memes), dev_seen (500), dev_unseen (540), test_seen (1,000), test_unseen
    (2,000), of which some share memes; dev and test of the first release. unlabelled: read images
    and texts alone, as of test files without labels. Class `label`: 0 not hateful, 1 hateful.
    """
    check_splits(splits, SPLITS, "hateful_memes")
    files = {split: original(folder, f"{split}.jsonl", HOME) for split in splits}
    memes = pd.concat(
        [read_memes(file, unlabelled).assign(split=split) for split, file in files.items()],
        ignore_index=True,
    )
    memes["image"] = [str(Path(folder) / path) for path in memes.img]
    for path in memes.image:
        if not Path(path).is_file():
            raise FileNotFoundError(f"{path}: no such image; {HOME}")
    # A meme may be in several splits.
    memes["image_id"] = memes.split + "/" + [Path(path).stem for path in memes.img]
    captions = pd.DataFrame(
        {"caption_id": memes.image_id + "#text", "image_id": memes.image_id, "text": memes.text}
    )
    columns = ["image_id", "image", "split"]
    if unlabelled:
        return Corpus(memes[columns], captions)
    return Corpus(memes[[*columns, "label"]], captions, {"names": NAMES})


def read_memes(file: Path, unlabelled: bool) -> pd.DataFrame:
    """A row a meme: columns img, text and, if wanted, label; errors name the line."""
    rows = []
    for number, line in enumerate(read_lines(file), start=1):
        try:
            meme = json.loads(line)
            row = {"img": str(meme["img"]), "text": str(meme["text"]), "label": meme.get("label")}
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(
                f"{file}: line {number} is no meme ({error!r}), expected img, text and label"
            ) from error
        if not re.fullmatch(r"img/\w+\.png", row["img"]):
            raise ValueError(
                f"{file}: line {number} has img {row['img']!r}, expected img/<number>.png"
            )
        rows.append(row)
    if not rows:
        raise ValueError(f"{file}: no memes, expected one a line")
    memes = pd.DataFrame(rows)
    if unlabelled:
        return memes.drop(columns="label")
    if memes.label.isna().all():
        raise ValueError(
            f"{file}: no labels; get the file that has them, or set `unlabelled: true` to read "
            "images and texts alone"
        )
    check_values(memes, "label", [0, 1], str(file))
    return memes.astype({"label": np.int64})
