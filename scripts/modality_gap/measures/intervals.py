"""95% intervals: of means over seeds, draws or queries, of shares, and of their changes.

What is independent is a unit, not a row: the drawings of one concept, or the captions of one image, are
one unit. Where rows are given with the unit of each, intervals count units; where every row is a unit
of its own, they are those of independent rows.
"""

import math

import numpy as np
import pandas as pd
from scipy.stats import binom, binomtest, norm, t

CONFIDENCE = 0.95


def unit_codes(units: np.ndarray | None, n: int) -> np.ndarray | None:
    """The unit of each of n rows, numbered from 0, shape (n,); None where each is its own.

    units: names or numbers, shape (n,), or None. Raises ValueError where there are not n.
    """
    if units is None:
        return None
    if len(units) != n:
        raise ValueError(f"{len(units)} units for {n} values, expected as many")
    codes, names = pd.factorize(np.asarray(units))
    return None if len(names) == n else codes


def number_of_units(units: np.ndarray | None, n: int) -> int:
    """How many independent units n rows are; units: as in `unit_codes`."""
    codes = unit_codes(units, n)
    return n if codes is None else int(codes.max()) + 1


def unit_sums(values: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Sum of each unit's values, shape (…, units); values: shape (…, n); codes: of `unit_codes`."""
    order = np.argsort(codes, kind="stable")
    starts = np.searchsorted(codes[order], np.arange(codes.max() + 1))
    return np.add.reduceat(values[..., order], starts, axis=-1)


def standard_error(values: np.ndarray, units: np.ndarray | None = None) -> tuple[np.ndarray, int]:
    """Standard error of the mean along the last axis, shape (…), and its degrees of freedom.

    values: shape (…, n); units: of each along that axis, as in `unit_codes`. Robust to whatever the rows
    of a unit share: the linearised variance, with the factor G/(G − 1) and G − 1 degrees for G units
    (Liang and Zeger 1986; Cameron and Miller 2015, Secs. II and VI). NaN for fewer than two units.
    """
    values = np.asarray(values, dtype=np.float64)
    n = values.shape[-1]
    codes = unit_codes(units, n)
    number = n if codes is None else int(codes.max()) + 1
    if number < 2:
        return np.full(values.shape[:-1], math.nan), 0
    if codes is None:
        return values.std(axis=-1, ddof=1) / math.sqrt(n), n - 1
    sums = unit_sums(values - values.mean(axis=-1, keepdims=True), codes)
    variance = number / (number - 1) * np.square(sums).sum(axis=-1) / n**2
    return np.sqrt(variance), number - 1


def mean_interval(
    values: np.ndarray, compared: int = 1, units: np.ndarray | None = None
) -> tuple[float, float, float]:
    """Mean of values, shape (n,), and its 95% interval by Student's t over their units.

    compared: of how many means all intervals are to hold at once (Bonferroni). units: of each
    value, as in `unit_codes`; None: each is independent. The interval of a single unit is unknown: NaN.
    """
    values = np.asarray(values, dtype=np.float64)
    mean = float(values.mean())
    error, degrees = standard_error(values, units)
    if degrees < 1:
        return mean, math.nan, math.nan
    half = float(t.isf((1 - CONFIDENCE) / 2 / compared, degrees) * error)
    return mean, mean - half, mean + half


def effective_number(
    values: np.ndarray, units: np.ndarray | None = None, confidence: float = CONFIDENCE
) -> float:
    """As how many independent rows these tell of their mean; of shares, for Wilson's interval.

    values: shape (n,); units: of each, as in `unit_codes`. n where each is its own. Else the number whose
    mean varies as `standard_error` says, and no more than n; less for few units, by the ratio of
    Student's quantiles squared (Korn and Graubard 1998). Where all values are equal, and so do not
    tell how alike those of a unit are, as if a unit's were one: n²/Σm² for units of m rows (Kish 1965). NaN of
    a single unit.
    """
    values = np.asarray(values, dtype=np.float64)
    n = len(values)
    codes = unit_codes(units, n)
    if codes is None:
        return float(n)
    error, degrees = standard_error(values, codes)
    if degrees < 1:
        return math.nan
    spread = np.square(values - values.mean()).mean()
    if values.min() == values.max():
        sizes = np.bincount(codes)
        number = n**2 / float(sizes @ sizes)
    else:
        number = min(float(n), 1 + spread / error**2 if error > 0 else math.inf)
    tail = (1 - confidence) / 2
    few = float(t.isf(tail, max(number - 1, 1e-9)) / t.isf(tail, degrees))
    return number * min(1.0, few**2)


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
    """Wilson's score interval of shares count/n: low and high, shaped like the counts.

    Of rows that are not each a unit of its own, n is their `effective_number` and count as much of it.
    """
    z = norm.isf((1 - confidence) / 2)
    centre = (count + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * np.sqrt(count * (1 - count / n) + z**2 / 4)
    # Exact at the ends, where rounding would leave a share just off 0 or 1.
    return np.where(count == 0, 0.0, centre - half), np.where(count == n, 1.0, centre + half)


def paired_interval(
    gained: np.ndarray, lost: np.ndarray, n: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """95% interval of (gained − lost)/n, the change of a share among the same n items.

    Wald's interval with half an item added to each of the four cells (Agresti and Min, 2005). Of items
    that are not each a unit of its own, n is their `effective_number`, and the counts as much of it.
    """
    z = norm.isf((1 - CONFIDENCE) / 2)
    centre = (gained - lost) / (n + 2)
    half = z * np.sqrt((gained + lost + 1) / (n + 2) - centre**2) / np.sqrt(n + 2)
    return centre - half, centre + half


def mcnemar(changes: np.ndarray, units: np.ndarray | None = None) -> float:
    """Exact two-sided p of items gaining an outcome as easily as losing it; 1 where none changes.

    changes: 1 of an item that gains it, −1 of one that loses it, else 0, shape (n,); units: of each,
    as in `unit_codes`. McNemar's test where each is its own unit. Else what all changes of a unit come
    to is as likely to have the other sign (the sign-flip test of clustered pairs, all flips counted).
    """
    changes = np.sign(np.asarray(changes, dtype=np.float64)).astype(np.int64)
    codes = unit_codes(units, len(changes))
    own = changes if codes is None else unit_sums(changes, codes)
    sizes, numbers = np.unique(np.abs(own[own != 0]), return_counts=True)
    if len(sizes) < 2:
        return (
            float(binomtest(int((own > 0).sum()), int(numbers.sum())).pvalue) if len(sizes) else 1.0
        )
    # How probable each sum of the changes is, from −Σ|d| to Σ|d| in steps of 2 times their divisor.
    step = int(np.gcd.reduce(sizes))
    chances = np.ones(1)
    for size, number in zip(sizes // step, numbers, strict=True):
        part = np.zeros(size * number + 1)
        part[::size] = binom.pmf(np.arange(number + 1), number, 0.5)
        chances = np.convolve(chances, part)
    sums = 2 * np.arange(len(chances)) - (len(chances) - 1)
    return min(1.0, float(chances[np.abs(sums) >= abs(own.sum()) // step].sum()))


def mean_and_change(
    values: np.ndarray, before: np.ndarray, units: np.ndarray | None = None
) -> dict[str, float]:
    """Mean over queries and its change from what it was before, with 95% intervals, by name.

    values, before: of the same queries, shape (n,): the change's interval is that of the paired
    differences. units: of each query, as in `unit_codes`.
    """
    names = ("mean", "low", "high", "change", "change_low", "change_high")
    found = (*mean_interval(values, 1, units), *mean_interval(values - before, 1, units))
    return dict(zip(names, found, strict=True))
