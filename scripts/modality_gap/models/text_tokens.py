"""Texts as a text tower reads them: token ids, cut to the context length, which is counted."""

from typing import NamedTuple

import numpy as np
from open_clip.tokenizer import HFTokenizer

from modality_gap.data.embeddings import first_equal_rows

TEXTS_AT_A_TIME = 4096
SHOWN = 60  # letters of a text in an error


class Tokens(NamedTuple):
    """Token ids of texts, shape (n, context length), int32, and how many tokens each would need, (n,)."""

    ids: np.ndarray
    needed: np.ndarray

    @property
    def cut(self) -> np.ndarray:
        """Rows of the texts that were cut."""
        return np.flatnonzero(self.needed > self.ids.shape[1])


def tokenize(tokenizer, texts: list[str]) -> Tokens:
    """All texts as an open_clip tokenizer gives them; start and end of text are tokens, too."""
    ids = [
        np.asarray(tokenizer(texts[first : first + TEXTS_AT_A_TIME]), dtype=np.int32)
        for first in range(0, len(texts), TEXTS_AT_A_TIME)
    ]
    return Tokens(np.concatenate(ids), tokens_needed(tokenizer, texts))


def tokens_needed(tokenizer, texts: list[str]) -> np.ndarray:
    """How long a context would have to be for each text to be read whole, shape (n,)."""
    if not isinstance(tokenizer, HFTokenizer):
        return np.array([len(tokenizer.encode(text)) for text in texts]) + 2
    clips = tokenizer.tokenizer_mode == "clips"
    found = tokenizer.tokenizer(
        [tokenizer.clean_fn(text) for text in texts], add_special_tokens=not clips, truncation=False
    )
    return np.array([len(ids) for ids in found.input_ids]) + 3 * clips


def check_cut(tokens: Tokens, texts: list[str], equal_allowed: bool, what: str) -> list[str]:
    """A remark on texts that are longer than the context and were cut, where there are any.

    what: `captions` or `prompts`. Raises ValueError, naming two of them, where texts that differ
    became one by it, unless equal_allowed.
    """
    length = tokens.ids.shape[1]
    # One that fits exactly may equal one that was cut.
    long = np.flatnonzero(tokens.needed >= length)
    first = first_equal_rows(tokens.ids[long])
    same = np.flatnonzero(first < np.arange(len(long)))
    same = same[np.isin(long[same], tokens.cut) | np.isin(long[first[same]], tokens.cut)]
    if len(same) and not equal_allowed:
        one, other = (ending(texts[long[row]]) for row in (first[same[0]], same[0]))
        raise ValueError(
            f"{len(same):,} {what} become one with another when they are cut to {length} tokens, the "
            f"model's context, as {one!r} and {other!r}: expected shorter ones, or the key "
            "embedding.equal_when_cut: true, which lets them tie"
        )
    equal = f", {len(same):,} of them to the same as another" if len(same) else ""
    return [f"{remark}{equal}" for remark in count_cut(tokens.needed, length, what)]


def cut_remarks(tokenizer, texts: list[str], what: str) -> list[str]:
    """A remark on texts that a tokenizer cuts, where there are any; those that become one are not told."""
    return count_cut(tokens_needed(tokenizer, texts), tokenizer.context_length, what)


def count_cut(needed: np.ndarray, length: int, what: str) -> list[str]:
    """A remark on how many texts need more tokens than the context has, where any does."""
    cut = int((needed > length).sum())
    if cut == 0:
        return []
    return [
        f"{cut:,} of {len(needed):,} {what} are longer than the model's context of {length} tokens "
        "and were cut"
    ]


def ending(text: str) -> str:
    """A text, or how it ends where it is long."""
    return text if len(text) <= SHOWN else f"…{text[-SHOWN:]}"
