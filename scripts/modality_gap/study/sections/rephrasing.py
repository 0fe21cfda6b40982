"""Choices in other words."""

from typing import Annotated, ClassVar

from pydantic import Field

from modality_gap.study.base import (
    ABSENT,
    Alphas,
    Keys,
    Names,
    Seed,
    Several,
    Template,
    Text,
    VarianceShare,
    distinct,
)
from modality_gap.study.encoders import asked


class Section(Keys):
    """Encoders, other words, and among how many answers is chosen."""

    NEEDS: ClassVar[dict[str, str]] = {"base": "label"}

    encoders: Names
    kept_variance: VarianceShare
    templates: distinct(Template, least=0)
    label: Text = ABSENT
    base: Template = ABSENT
    lists: distinct(Text, least=0)
    group: Text | None
    items: Annotated[int, Field(ge=10)]
    wrong_answers: Annotated[int, Field(ge=3)] = 30
    alphas: Alphas
    choices: Several
    seed: Seed


ENCODERS = asked  # which of them it may name
