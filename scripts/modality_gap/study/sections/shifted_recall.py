"""Recall along the gap."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from modality_gap.study.base import Count, Keys, Moves, Names, Seed, Shifts, distinct
from modality_gap.study.encoders import paired
from modality_gap.study.errors import unknown


class Section(Keys):
    """Encoders, shifts, and of how many answers one may be right."""

    encoders: Names
    shifts: Shifts
    moves: Moves
    k: distinct(Count)
    bootstrap: Annotated[int, Field(ge=100)]
    seed: Seed


def broken(section: dict, study: dict) -> Iterator[str]:
    """Encoders that there are not."""
    for name in section["encoders"]:
        yield from unknown("shifted_recall.encoders", name, paired(study["encoders"]))
