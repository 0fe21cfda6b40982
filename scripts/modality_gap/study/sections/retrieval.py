"""Recall@k."""

from modality_gap.study.base import Count, Keys, distinct


class Section(Keys):
    """Of how many answers one may be right."""

    k: distinct(Count)


DEFAULT = {"k": [1, 5, 10]}
