"""Embeddings that a user brings of a corpus whose rows are known, in the workflow's own form."""

from pathlib import Path

import numpy as np
import pandas as pd

from modality_gap.data.corpora import distinct_texts, pair_table, read_split
from modality_gap.data.embeddings import first_equal_rows, normalize

SAME = 1e-2  # of unit length, apart: what half precision leaves of one text in two batches


class Rows:
    """Which rows of arrays a split of a corpus has.

    `images`, `captions`: its tables; `image_rows`, `text_rows`: where these stand in the arrays,
    shapes (n,) and (m,); `numbers`: how many rows the arrays of all splits have, by modality.
    """

    def __init__(self, corpus: str | Path, split: str):
        everything, every_text = read_split(corpus, "all")
        self.images, captions = read_split(corpus, split)
        self.image_rows = pd.Index(everything.image_id).get_indexer(self.images.image_id)
        self.text_rows = captions.index.to_numpy()
        self.captions = captions.reset_index(drop=True)
        self.numbers = {"images": len(everything), "texts": len(every_text)}

    def check(self, name: str, number: int, called: str) -> None:
        """Raise ValueError where arrays have another number of rows than their table says."""
        if number != self.numbers[name]:
            raise ValueError(
                f"{called}: {number:,} rows of {name}, but the tables of the corpus list "
                f"{self.numbers[name]:,}, expected a row each, in their order"
            )

    def check_words(self, called: str, prompts: list[str]) -> None:
        """Raise ValueError where there is no saying which prompts the texts of images are."""
        if not prompts:
            raise ValueError(
                f"{called}: no texts, expected them, or `prompts` that hold the captions"
            )
        if self.captions.text.isna().any():
            raise ValueError(
                f"{called}: no texts, and no words by which to find them among the prompts: expected a "
                "column `caption` in the table of the corpus, or another that `captioned_by` names"
            )


def unasked_notes(known: list[str], asked: list[str]) -> list[str]:
    """A sentence on the prompts that a user brings and a section does not ask for."""
    wanted = set(asked)
    others = [text for text in known if text not in wanted]
    if not others:
        return []
    shown = ", ".join(others[:10]) + (", …" if len(others) > 10 else "")
    return [f"{len(others):,} of {len(known):,} prompts are not asked for here: {shown}"]


def taken(array: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Some rows of an array, which is not copied where these are all of it."""
    return array if len(rows) == len(array) else array[rows]


def repeated_notes(images: np.ndarray) -> list[str]:
    """A sentence where rows of images are repeated, which the corpus lists as images of their own."""
    number = int((first_equal_rows(images) < np.arange(len(images))).sum())
    if not number:
        return []
    return [
        f"{number:,} of {len(images):,} images repeat another row: each is an image of its own, as the "
        "table of the corpus lists it, and a rival of its equals"
    ]


def merged_texts_notes(texts: int, distinct: int) -> list[str]:
    """A sentence where texts are one, as words or rows are equal; the numbers of both."""
    if texts == distinct:
        return []
    return [
        f"{texts - distinct:,} of {texts:,} texts repeat another: retrieval and neighbours are among "
        f"{distinct:,} distinct texts"
    ]


def same_texts(captions: pd.DataFrame, rows: np.ndarray, called: str) -> pd.DataFrame:
    """Captions with a `text` that is one where texts are: equal words, or else equal embeddings.

    captions: of a split; rows: their embeddings, shape (m, d). Raises ValueError where the same words
    have embeddings that differ by more than rounding.
    """
    if captions.text.isna().any():
        first = first_equal_rows(rows)
        return captions.assign(text=[f"text {place}" for place in first])
    codes, words = pd.factorize(captions.text)
    firsts = np.unique(codes, return_index=True)[1][codes]
    again = np.flatnonzero(firsts < np.arange(len(firsts)))
    apart = np.linalg.norm(normalize(rows[again]) - normalize(rows[firsts[again]]), axis=1)
    if (apart > SAME).any():
        row = again[int(apart.argmax())]
        raise ValueError(
            f"{called}: {captions.caption_id[firsts[row]]} and {captions.caption_id[row]} are both "
            f"{words[codes[row]]!r} and lie {apart.max():.3g} apart (of unit length), expected one "
            "embedding of a text: are the rows in the order of the table?"
        )
    return captions


def paired(
    images: pd.DataFrame, captions: pd.DataFrame
) -> tuple[np.ndarray, list[str], pd.DataFrame]:
    """Rows of captions that hold each distinct text first, the ids of these texts, and the pairs.

    captions: of `same_texts`. The pairs are the table that stands beside embeddings.
    """
    words, pairs, matched = distinct_texts(images, captions)
    codes = pd.factorize(captions.text)[0]
    text_ids = [f"text {row}" for row in range(len(words))]
    table = pair_table(images, text_ids, words, pairs, matched)
    return np.unique(codes, return_index=True)[1], text_ids, table
