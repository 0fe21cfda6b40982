"""Dynamics in theory."""

from typing import Annotated

from pydantic import Field

from modality_gap.study.base import (
    Count,
    Keys,
    NotNegative,
    Positive,
    Seed,
    Several,
    Share,
    distinct,
)

Pairs = Annotated[int, Field(ge=2, le=200)]
Duration = Annotated[float, Field(gt=0.001)]


class Flow(Keys):
    """Pairs on circles under the gradient flow."""

    pairs: Pairs
    starts: Count
    seed: Seed
    height: Share
    logit_scale: Positive
    embedding_rate: NotNegative
    duration: Duration


class SlowClosing(Keys):
    """A flow that is long enough to see the rate."""

    pairs: Pairs
    dimension: Several
    seed: Seed
    height: Share
    duration: Duration


class InitialGrowth(Keys):
    """The first step from random pairs."""

    pairs: distinct(Several)
    draws: Several
    dimensions: distinct(Several)
    seed: Seed
    height: Share
    logit_scale: Annotated[float, Field(gt=0, le=700)]  # beyond, exp leaves float64
    failure_probability: Share


class TemperatureRates(Keys):
    """Rules for the temperature."""

    height: Share
    logit_scale: Positive
    last_logit_scale: Positive
    learned_duration: Duration
    scheduled_duration: Positive


class Section(Keys):
    """Four experiments."""

    flow: Flow
    slow_closing: SlowClosing
    initial_growth: InitialGrowth
    temperature_rates: TemperatureRates
