"""95% intervals: of means over seeds, repeats or draws, of shares, and of their changes."""

import math

import numpy as np
import pandas as pd
from scipy.stats import binomtest, norm, t

CONFIDENCE = 0.95


def mean_interval(values: np.ndarray, compared: int = 1) -> tuple[float, float, float]:
    """Mean of independent values, shape (n,), and its 95% interval by Student's t.

    compared: of how many means all intervals are to hold at once (Bonferroni). The interval of a
    single value is unknown: NaN.
    """
    values = np.asarray(values, dtype=np.float64)
    mean = float(values.mean())
    if len(values) < 2:
        return mean, math.nan, math.nan
    half = float(
        t.isf((1 - CONFIDENCE) / 2 / compared, len(values) - 1)
        * values.std(ddof=1)
        / math.sqrt(len(values))
    )
    return mean, mean - half, mean + half


def mean_intervals(table: pd.DataFrame, keys: list[str], value: str) -> pd.DataFrame:
    """`mean_interval` of a column for each combination of the keys: columns mean, low, high."""
    rows = [
        [*(group if isinstance(group, tuple) else (group,)), *mean_interval(values)]
        for group, values in table.groupby(keys, sort=False)[value]
    ]
    return pd.DataFrame(rows, columns=[*keys, "mean", "low", "high"])


def between_share(means: np.ndarray, within: np.ndarray) -> tuple[float, float, float]:
    """Share of the variance that lies between groups, with its 95% jackknife interval.

    means: centres of k groups of one size, shape (k, d), k at least 2; within: the variance around
    each centre, summed over d, shape (k,). The law of total variance: between / (between + within),
    with the unbiased variance of the k centres. The interval is Student's over the k
    pseudo-values, cut to [0, 1]; of two groups it is unknown: NaN.
    """
    if len(means) < 2:
        raise ValueError(f"{len(means)} group, expected at least 2 to compare")
    products = means @ means.T

    def share(rows: np.ndarray) -> float:
        part = products[np.ix_(rows, rows)]
        between = (np.trace(part) - part.sum() / len(rows)) / (len(rows) - 1)
        return float(between / (between + within[rows].mean()))

    k = len(means)
    whole = share(np.arange(k))
    if k == 2:
        return whole, math.nan, math.nan
    without = np.array([share(np.delete(np.arange(k), group)) for group in range(k)])
    _, low, high = mean_interval(k * whole - (k - 1) * without)
    return whole, max(0.0, low), min(1.0, high)


def wilson(
    count: np.ndarray, n: np.ndarray, confidence: float = CONFIDENCE
) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's score interval of shares count/n: low and high, shaped like the counts."""
    z = norm.isf((1 - confidence) / 2)
    centre = (count + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * np.sqrt(count * (1 - count / n) + z**2 / 4)
    # Exact at the ends, where rounding would leave a share just off 0 or 1.
    return np.where(count == 0, 0.0, centre - half), np.where(count == n, 1.0, centre + half)


def paired_interval(
    gained: np.ndarray, lost: np.ndarray, n: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """95% interval of (gained − lost)/n, the change of a share among the same n items.

    Wald's interval with half an item added to each of the four cells (Agresti and Min, 2005).
    """
    z = norm.isf((1 - CONFIDENCE) / 2)
    centre = (gained - lost) / (n + 2)
    half = z * np.sqrt((gained + lost + 1) / (n + 2) - centre**2) / np.sqrt(n + 2)
    return centre - half, centre + half


def mcnemar(gained: int, lost: int) -> float:
    """Exact two-sided p of as many items gaining an outcome as losing it; 1 where none changes."""
    return float(binomtest(int(gained), int(gained + lost)).pvalue) if gained + lost else 1.0


def mean_and_change(values: np.ndarray, before: np.ndarray) -> dict[str, float]:
    """Mean over queries and its change from what it was before, with 95% intervals, by name.

    values, before: of the same queries, shape (n,): the change's interval is that of the paired
    differences.
    """
    names = ("mean", "low", "high", "change", "change_low", "change_high")
    return dict(zip(names, (*mean_interval(values), *mean_interval(values - before)), strict=True))
