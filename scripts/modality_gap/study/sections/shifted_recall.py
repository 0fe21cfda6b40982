"""Recall along the gap."""

from typing import Annotated

from pydantic import Field

from modality_gap.study.base import Count, Keys, Moves, Names, Seed, Shifts, distinct
from modality_gap.study.encoders import paired


class Section(Keys):
    """Encoders, shifts, and of how many answers one may be right."""

    encoders: Names
    shifts: Shifts
    moves: Moves
    k: distinct(Count)
    bootstrap: Annotated[int, Field(ge=100)]
    seed: Seed


ENCODERS = paired  # which of them it may name
