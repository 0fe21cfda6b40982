"""Means with their standard errors, and verdicts on several of them at once."""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import t

from modality_gap.claims.verdicts import FAILS, HOLDS, UNDECIDED, Evidence, computed, sign
from modality_gap.measures.intervals import CONFIDENCE


class Estimate(NamedTuple):
    """A mean, its standard error, and the degrees of freedom of that.

    The error of a single value is unknown: NaN.
    """

    mean: float
    error: float
    degrees: float

    def ends(self, compared: int = 1) -> tuple[float, float]:
        """Its 95% interval by Student's t; compared: of how many that hold at once (Bonferroni)."""
        if math.isnan(self.error):
            return math.nan, math.nan
        half = float(t.isf((1 - CONFIDENCE) / 2 / compared, self.degrees)) * self.error
        return self.mean - half, self.mean + half

    def seen_in(self, rows: pd.DataFrame, what: str) -> Evidence:
        """It as evidence: what rows come to, by the computation that what names."""
        return computed(rows, what, self.mean, self.ends(), self.degrees + 1)

    def times(self, factor: float) -> "Estimate":
        """The same in another unit, or with the other sign."""
        return self._replace(mean=factor * self.mean, error=abs(factor) * self.error)

    def less(self, other: "Estimate") -> "Estimate":
        """What it is above another, independent one (Welch 1947)."""
        own, others = self.error**2, other.error**2
        parts = own**2 / self.degrees + others**2 / other.degrees if own + others > 0 else 0
        # Without any spread every number of degrees gives the same interval.
        degrees = (own + others) ** 2 / parts if parts else self.degrees
        return Estimate(self.mean - other.mean, math.sqrt(own + others), degrees)


def of_values(values: np.ndarray) -> Estimate:
    """The mean of independent values, shape (n,)."""
    values = np.asarray(values, dtype=np.float64)
    n = len(values)
    error = float(values.std(ddof=1) / math.sqrt(n)) if n > 1 else math.nan
    return Estimate(float(values.mean()), error, n - 1)


def of_interval(mean: float, high: float, degrees: float) -> Estimate:
    """The estimate of which a table holds the mean and the end of its 95% interval."""
    if math.isnan(high):
        return Estimate(mean, math.nan, degrees)
    return Estimate(mean, (high - mean) / float(t.isf((1 - CONFIDENCE) / 2, degrees)), degrees)


def every(estimates: Iterable[Estimate], compared: int = 1) -> str:
    """Verdict on a claim that all of several means are above 0; of none: undecided.

    It holds where each interval lies above 0: that all do by chance is less likely than that one
    does. It fails where one lies below 0 that is widened to hold for all at once. compared: how many
    such claims are judged together.
    """
    estimates = list(estimates)
    ends = [estimate.ends(compared) for estimate in estimates]
    if estimates and all(sign(*own, 1) == HOLDS for own in ends):
        return HOLDS
    wide = [estimate.ends(compared * len(estimates)) for estimate in estimates]
    return FAILS if any(sign(*own, 1) == FAILS for own in wide) else UNDECIDED


def in_each(estimates: Iterable[Estimate]) -> list[str]:
    """Whether each of several means is above 0, by intervals that hold for all of them at once."""
    estimates = list(estimates)
    return [sign(*estimate.ends(len(estimates)), 1) for estimate in estimates]
