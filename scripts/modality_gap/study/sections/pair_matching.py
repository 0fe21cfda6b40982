"""Pairs that differ in one pattern."""

from modality_gap.study.base import Keys, Moves, Name, Names, Shifts
from modality_gap.study.encoders import asked


class Section(Keys):
    """Encoders, the split of pairs, shifts."""

    encoders: Names
    corpus: Name
    split: Name
    shifts: Shifts
    moves: Moves


ENCODERS = asked  # which of them it may name


def places(section: dict) -> dict[str, dict]:
    """Where it names a corpus and its splits, by the key's path."""
    return {"pair_matching": section}
