"""Ways to close the gap, side by side."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from modality_gap.study.base import (
    Count,
    Keys,
    Name,
    Names,
    Positive,
    Seed,
    Several,
    VarianceShare,
    one_of,
)
from modality_gap.study.corpora import splits_of
from modality_gap.study.encoders import paired
from modality_gap.study.errors import unknown
from modality_gap.study.places import Places, embedding_files


class Section(Keys):
    """Encoders, what ways to close are fitted on, and what each is measured by."""

    encoders: Names
    reference: Name
    kept_variance: VarianceShare
    deviation: Positive
    draws: Count
    scheme: one_of("fixed_range", "dimension_range", "vector_scale", "sign")
    bits: Annotated[int, Field(ge=1, le=16)]
    queries: Several
    seed: Seed


ENCODERS = paired  # which of them it may name


def broken(section: dict, study: dict) -> Iterator[str]:
    """Splits that there are not."""
    reference = section["reference"]
    for corpus in study["corpora"].values():
        known = splits_of(corpus) if corpus.get("evaluate") else []
        yield from unknown("mitigations.reference", reference, ["same", *(known or [reference])])


class Mitigations:
    """What ways to close the gap are fitted on. config: the study, its defaults filled in."""

    def __init__(self, config: dict, places: Places):
        self.reference, self.places = config["mitigations"]["reference"], places

    def reference_files(self, encoder: str, corpus: str, split: str) -> list[str]:
        """The embeddings that a way to close is fitted on: of another split, or of this one."""
        same = self.reference == "same" or encoder in self.places.pairs
        return embedding_files(encoder, corpus, split if same else self.reference)
