"""Noise as input."""

from modality_gap.study.base import Keys, Seed, Several


class Section(Keys):
    """How much noise networks are given."""

    items: Several
    seed: Seed
