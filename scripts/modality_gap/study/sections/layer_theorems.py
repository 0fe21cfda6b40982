"""Theorems of random layers."""

from typing import Annotated

from pydantic import Field

from modality_gap.study.base import Count, Keys, Seed, Several, distinct


class Variance(Keys):
    """Networks whose variance is compared with that of inputs."""

    width: Several
    inputs: Several
    layers: Count
    networks: Several


class Section(Keys):
    """Widths, ratios of lengths and trials."""

    widths: distinct(Count)
    length_ratios: distinct(Annotated[float, Field(ge=1)])
    trials: Annotated[int, Field(ge=10)]
    variance: Variance
    seed: Seed
