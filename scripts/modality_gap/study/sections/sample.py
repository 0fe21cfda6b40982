"""How many pairs are asked where each is compared with all."""

from typing import Annotated

from pydantic import Field

from modality_gap.study.base import Keys, Seed


class Section(Keys):
    """How many, and which."""

    pairs: Annotated[int, Field(ge=100)] = 20_000
    seed: Seed = 0


DEFAULT = {}
