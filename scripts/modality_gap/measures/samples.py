"""A random sample in place of all, where each of many is compared with all: which, and what it costs."""

import math

import numpy as np

from modality_gap.data.embeddings import sample_pairs


def asked_rows(n: int, items: int, most: int, seed: int) -> np.ndarray | None:
    """Rows of the queries that are asked, of n that each have so many items; None: all.

    All of no more than `most`, or where they make no more comparisons than `most` with as many items;
    else `most` of them, drawn without repetition, ascending.
    """
    return None if n <= most or n * items <= most**2 else sample_pairs(n, most, seed)


def told(asked: int, n: int, what: str, seed: int) -> str:
    """Which sample was asked, in words; what: of what it is one."""
    return f"{asked:,} of {n:,} {what}, drawn with seed {seed}"


def sample_interval(
    values: np.ndarray, population: int, units: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """95% interval of a mean over all, from a random sample without repetition: low and high.

    values: of the sampled, shape (…, n); population: how many there are. units: of each of the
    sampled, as in `intervals.unit_codes`; None: each is independent. Student's t, times
    √(1 − n/population): nothing is left open where all are asked. NaN of a single unit.
    """
    # Imported here: it loads for half a second, which measures of all need not wait for.
    from scipy.stats import t

    from modality_gap.measures.intervals import standard_error

    error, degrees = standard_error(values, units)
    half = t.ppf(0.975, degrees) * error * math.sqrt(1 - values.shape[-1] / population)
    mean = values.mean(axis=-1)
    return mean - half, mean + half


def share_interval(
    values: np.ndarray, population: int, units: np.ndarray | None = None
) -> tuple[float, float]:
    """As `sample_interval` of values from 0 to 1, shape (n,), by Wilson's score interval.

    It is no point where all of the sampled are 0 or 1. Of values between, it is too wide at most.
    """
    from modality_gap.measures.intervals import effective_number, wilson

    n, mean = len(values), float(values.mean())
    if n == population:
        return mean, mean
    # A sample without repetition tells as much as a larger one with it.
    alike = effective_number(values, units) / (1 - n / population)
    low, high = wilson(mean * alike, alike)
    return float(low), float(high)


def text_units(pairs: np.ndarray, units: np.ndarray, texts: int) -> np.ndarray:
    """The independent unit of each text, shape (texts,): that of the first image it belongs to.

    pairs: (image row, text row), shape (p, 2); units: of each image, whole numbers, shape (n,). So the
    captions of one image are one unit. A text without an image is its own.
    """
    first = np.full(texts, len(units))
    np.minimum.at(first, pairs[:, 1], pairs[:, 0])
    own = int(units.max()) + 1 + np.arange(texts)
    return np.where(first < len(units), np.append(units, 0)[first], own)
