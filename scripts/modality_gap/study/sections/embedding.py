"""How corpora are embedded."""

from modality_gap.study.base import Count, Keys, Precision


class Section(Keys):
    """Batches, numbers, and how many jobs share a split."""

    batch_size: Count
    precision: Precision
    shards: Count = 1
    equal_when_cut: bool = False


DEFAULT = {"batch_size": 256, "precision": "auto"}
