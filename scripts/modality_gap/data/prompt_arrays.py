"""Embeddings of texts that a user brings with their words: prompts, names of classes, anything asked."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from modality_gap.data import tensors
from modality_gap.data.corpora.arrays import read_rows
from modality_gap.data.corpora.table import is_text
from modality_gap.data.embeddings import check_shapes, normalize
from modality_gap.data.precomputed import (
    arrays_in,
    in_single_precision,
    is_single,
    matrix,
    read_named,
    readable,
)
from modality_gap.data.text_table import check_columns

FORMS = (
    "a .parquet with columns `text` and `embedding`, an .npz with arrays `texts` and `embeddings`, "
    "an .npz, .safetensors or .pt with an array for each text, by its name, an .npy of shape (n, d), "
    "or such an .npy and a table with a column `text`"
)


class Prompts(NamedTuple):
    """Distinct texts, their embeddings of shape (n, d), and what is to be said of them."""

    texts: list[str]
    rows: np.ndarray
    notes: list[str]


def read_prompts(files: list[str | Path]) -> Prompts:
    """Texts with an embedding each, of one file, or of an .npy and a table; forms as in FORMS.

    Without words, as an .npy alone has none, a row is named by its number, from 0. A text with several
    embeddings has the mean of them, each of unit length, as a class has of its prompts.
    Raises ValueError, naming the file, for another form, embeddings that could not be used, or
    another number of texts.
    """
    with readable(files, FORMS):
        texts, rows = read_two(files) if len(files) > 1 else read_one(Path(files[0]))
        blank = [row for row, text in enumerate(texts) if not text]
        if blank:
            raise ValueError(f"row {blank[0]} has no text")
        if len(texts) != len(rows):
            raise ValueError(f"{len(texts):,} texts and {len(rows):,} embeddings, expected as many")
        return averaged(texts, in_single_precision("prompts", rows))


def read_one(file: Path) -> tuple[list[str], np.ndarray]:
    """Texts and embeddings of a file that holds both, or of one array, which has no words."""
    ending = file.suffix.lower()
    if is_single(file):
        rows = matrix(file)
        return [str(row) for row in range(len(rows))], rows
    names = arrays_in(file)
    if ending == ".parquet":
        check_columns(names, ["text", "embedding"], file.name)
        words = pq.read_table(file, columns=["text"]).column(0)
        kind = getattr(words.type, "value_type", words.type)  # of a dictionary
        if not (is_text(kind) or pa.types.is_integer(kind)) or pa.types.is_nested(words.type):
            raise ValueError(f"text: {words.type}, expected words")
        texts = [None if one is None else str(one) for one in words.to_pylist()]
        return texts, read_named(file, "embedding")
    if ending == ".npz" and {"texts", "embeddings"} <= {*names}:
        with tensors.open_npz(file) as arrays:
            words = arrays["texts"]
        if words.ndim != 1 or words.dtype.kind not in "Uiu":
            raise ValueError(f"texts: {words.dtype} of shape {words.shape}, expected words (n,)")
        return list(map(str, words)), read_named(file, "embeddings")
    found = [(name, np.atleast_2d(read_named(file, name))) for name in names]
    if not found:
        raise ValueError(f"no arrays, expected {FORMS}")
    for name, rows in found:
        if rows.ndim != 2 or rows.shape[1] != found[0][1].shape[1]:
            raise ValueError(
                f"array {name!r} has shape {rows.shape}, expected embeddings of width "
                f"{found[0][1].shape[1]}, as {found[0][0]!r} has"
            )
    texts = [name for name, rows in found for _ in rows]
    return texts, np.concatenate([rows for _, rows in found])


def read_two(files: list[str | Path]) -> tuple[list[str], np.ndarray]:
    """Texts and embeddings of an .npy and the table that has the words of its rows."""
    notes: list[str] = []
    table = read_rows(Path(files[1]), notes)
    if unread := [note for note in notes if "'text' is left out" in note]:
        raise ValueError(f"{Path(files[1]).name}: {unread[0]}")
    check_columns(list(table), ["text"], Path(files[1]).name)
    return list(table.text), matrix(Path(files[0]))


def averaged(texts: list[str], rows: np.ndarray) -> Prompts:
    """Each text once: with its embedding, or the mean of its embeddings of unit length.

    rows: shape (n, d), float32. One embedding that is there several times stays as it is.
    """
    places = {}
    for row, text in enumerate(texts):
        places.setdefault(text, []).append(row)
    found, means = [], []
    for text, own in places.items():
        if (rows[own] == rows[own[0]]).all():
            found.append(rows[own[0]])
            continue
        total = normalize(rows[own]).sum(axis=0)
        if not total.any():
            raise ValueError(f"the embeddings of {text!r} cancel out, and have no mean direction")
        found.append(normalize(total[None])[0])
        means.append(f"{text} ({len(own)})")
    notes = []
    if means:
        shown = ", ".join(means[:10]) + (", …" if len(means) > 10 else "")
        notes.append(
            f"{len(means):,} of {len(places):,} texts of prompts have several embeddings, and stand for "
            f"their mean, as a class does for that of its prompts: {shown}"
        )
    return Prompts(list(places), np.stack(found), notes)


def joined(prompts: Prompts, texts: Iterable[str | None], rows: np.ndarray) -> Prompts:
    """Prompts, and behind them other texts with their embeddings, shape (m, d), where words are known."""
    others = {text: row for row, text in reversed([*enumerate(texts)]) if text is not None}
    for text in prompts.texts:
        others.pop(text, None)
    check_shapes(prompts.rows.shape, rows.shape, paired=False)
    more = np.concatenate([prompts.rows, rows[list(others.values())]])
    return Prompts([*prompts.texts, *others], more, prompts.notes)


def look_up(prompts: Prompts, texts: list[str], called: str) -> np.ndarray:
    """The embeddings of some texts, shape (k, d).

    Raises ValueError, with `called` as what holds them, where one is not among the prompts.
    """
    places = {text: place for place, text in enumerate(prompts.texts)}
    missing = [text for text in texts if text not in places]
    if missing:
        few = ", ".join(map(repr, prompts.texts[:10])) + (", …" if len(places) > 10 else "")
        raise ValueError(
            f"{called}: no embedding of {missing[0]!r} ({len(missing):,} of {len(texts):,} that are asked "
            f"for are missing), there are those of {few}"
        )
    return prompts.rows[[places[text] for text in texts]]
