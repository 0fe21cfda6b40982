"""Pictures of both modalities in a plane."""

from typing import Annotated

from pydantic import Field

from modality_gap.study.base import Keys, Seed, distinct, one_of


class Section(Keys):
    """Methods, and how many pairs are seen."""

    methods: distinct(one_of("pca", "svd", "umap"), least=0)
    pairs: Annotated[int, Field(ge=8)]
    seed: Seed


DEFAULT = {"methods": ["pca", "svd", "umap"], "pairs": 500, "seed": 0}
