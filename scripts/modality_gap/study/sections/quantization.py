"""Embeddings in few bits."""

from collections.abc import Iterator
from typing import Annotated

from modality_gap.study.base import (
    ABSENT,
    Alphas,
    Bits,
    Count,
    Keys,
    Names,
    Seed,
    Several,
    VarianceShare,
    said,
)
from modality_gap.study.encoders import paired

OneBit = Annotated[list, said(lambda bits: bits == [1] and bits[0] is not True, "[1]")]


class Schemes(Keys):
    """Bits of each scheme."""

    fixed_range: Bits = ABSENT
    dimension_range: Bits = ABSENT
    vector_scale: Bits = ABSENT
    sign: OneBit = ABSENT


class Section(Keys):
    """Encoders, schemes, how far the gap is closed."""

    encoders: Names
    kept_variance: VarianceShare
    schemes: Schemes
    alphas: Alphas
    k: Count
    queries: Several
    seed: Seed


ENCODERS = paired  # which of them it may name


def broken(section: dict, study: dict) -> Iterator[str]:
    """No scheme."""
    if not section["schemes"]:
        yield "quantization.schemes: 0 entries, expected at least 1"
