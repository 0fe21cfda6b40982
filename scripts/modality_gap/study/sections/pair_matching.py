"""Pairs that differ in one pattern."""

from collections.abc import Iterator

from modality_gap.study.base import Keys, Moves, Name, Names, Shifts
from modality_gap.study.encoders import asked
from modality_gap.study.errors import unknown


class Section(Keys):
    """Encoders, the split of pairs, shifts."""

    encoders: Names
    corpus: Name
    split: Name
    shifts: Shifts
    moves: Moves


def broken(section: dict, study: dict) -> Iterator[str]:
    """Encoders that there are not."""
    for name in section["encoders"]:
        yield from unknown("pair_matching.encoders", name, asked(study["encoders"]))


def places(section: dict) -> dict[str, dict]:
    """Where it names a corpus and its splits, by the key's path."""
    return {"pair_matching": section}
