"""What is measured of every training run."""

from modality_gap.study.base import Count, Keys, Positive, Seed, Several


class Section(Keys):
    """The pools that recall is measured in, and how strong a linear probe is regularised."""

    pool: Several
    draws: Count
    seed: Seed
    regularization: Positive


DEFAULT = {"pool": 512, "draws": 10, "seed": 0, "regularization": 0.316}
