"""The cone: cosine similarity between all pairs of embeddings."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from modality_gap.embeddings import check_embeddings, check_pair

# Cosines are counted in bins of 4.8e-7, so a quartile is exact to half of that, and 1/8192 of
# them make one bin of the histogram that is drawn.
FINE_BINS = 2**22
HISTOGRAM_BINS = 512
VALUES_AT_A_TIME = 2**23
ROWS_AT_A_TIME = 1024
QUARTILES = {"quartile_1": 0.25, "median": 0.5, "quartile_3": 0.75}


@dataclass
class CosineStatistics:
    """Statistics of all pairwise cosines, and their histogram over [−1, 1] in equal bins."""

    summary: dict[str, float]
    histogram: np.ndarray

    @property
    def edges(self) -> np.ndarray:
        """Edges of the histogram's bins, one more than counts."""
        return np.linspace(-1, 1, len(self.histogram) + 1)


def cosine_statistics(embeddings: np.ndarray, others: np.ndarray | None = None) -> CosineStatistics:
    """Mean, std, min, quartiles, max, count and histogram of all pairwise cosines.

    embeddings: shape (n, d), rows of unit length; all pairs of different rows (liang2022,
    Figs. 2a, 6). With `others`, shape (m, d): all pairs of a row of each.
    Mean and standard deviation (of the population) follow exactly from Σx and XᵀX; the rest is
    counted block by block, in memory that does not grow with the number of pairs.
    """
    if others is None:
        check_embeddings(embeddings, "embeddings")
        if len(embeddings) < 2:
            raise ValueError("1 embedding, expected at least 2 to form a pair")
        count, total, squares = within_moments(embeddings)
    else:
        check_pair(embeddings, others)
        count, total, squares = between_moments(embeddings, others)
    lowest, highest, fine = count_cosines(embeddings, others)
    mean = total / count
    summary = {
        "mean": mean,
        "std": float(np.sqrt(max(0.0, squares / count - mean**2))),
        "min": lowest,
        **{name: quantile(fine, share, lowest, highest) for name, share in QUARTILES.items()},
        "max": highest,
        "count": count,
    }
    return CosineStatistics(summary, fine.reshape(HISTOGRAM_BINS, -1).sum(axis=1))


def within_moments(x: np.ndarray) -> tuple[int, float, float]:
    """Number, sum and sum of squares of cos(xᵢ, xⱼ), i < j, from Σx and XᵀX."""
    n = len(x)
    total, gram = sum_and_gram(x)
    own = np.einsum("nd,nd->n", x, x, dtype=np.float64)
    pairs = (total @ total - own.sum()) / 2
    squares = (np.vdot(gram, gram) - own @ own) / 2
    return n * (n - 1) // 2, float(pairs), float(squares)


def between_moments(x: np.ndarray, y: np.ndarray) -> tuple[int, float, float]:
    """Number, sum and sum of squares of cos(xᵢ, yⱼ), from both sums and both XᵀX."""
    (x_total, x_gram), (y_total, y_gram) = sum_and_gram(x), sum_and_gram(y)
    return len(x) * len(y), float(x_total @ y_total), float(np.vdot(x_gram, y_gram))


def sum_and_gram(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Σx, shape (d,), and XᵀX, shape (d, d), in float64, without a float64 copy of x."""
    total, gram = np.zeros(x.shape[1]), np.zeros((x.shape[1], x.shape[1]))
    rows = max(1, VALUES_AT_A_TIME // x.shape[1])
    for first in range(0, len(x), rows):
        block = x[first : first + rows].astype(np.float64)
        total += block.sum(axis=0)
        gram += block.T @ block
    return total, gram


def count_cosines(x: np.ndarray, y: np.ndarray | None) -> tuple[float, float, np.ndarray]:
    """Smallest and largest cosine, and counts in FINE_BINS equal bins over [−1, 1].

    Within one modality (y is None) each unordered pair of different rows counts once.
    """
    counts = np.zeros(FINE_BINS, dtype=np.int64)
    lowest, highest = np.inf, -np.inf
    for cosines in cosine_blocks(x, y):
        low, high = float(cosines.min()), float(cosines.max())
        lowest, highest = min(lowest, low), max(highest, high)
        np.clip(cosines, -1, 1, out=cosines)
        cosines += 1
        cosines *= FINE_BINS / 2
        bins = cosines.astype(np.int64)
        np.minimum(bins, FINE_BINS - 1, out=bins)
        start = int(bins.min())
        bins -= start
        counted = np.bincount(bins)
        counts[start : start + len(counted)] += counted
    return lowest, highest, counts


def cosine_blocks(x: np.ndarray, y: np.ndarray | None) -> Iterator[np.ndarray]:
    """The pairwise cosines, once each, in flat arrays of bounded size."""
    others = x if y is None else y
    rows = max(1, min(ROWS_AT_A_TIME, VALUES_AT_A_TIME // len(others)))
    for first in range(0, len(x), rows):
        block = x[first : first + rows]
        if y is not None:
            yield (block @ y.T).ravel()
            continue
        if len(block) > 1:
            yield (block @ block.T)[np.triu_indices(len(block), k=1)]
        if first + rows < len(x):
            yield (block @ x[first + rows :].T).ravel()


def quantile(fine: np.ndarray, share: float, lowest: float, highest: float) -> float:
    """The quantile as NumPy defines it (linear), each value at the centre of its fine bin."""
    position = share * (fine.sum() - 1)
    ranks = np.floor(position), np.ceil(position)
    below, above = np.searchsorted(np.cumsum(fine), ranks, side="right")
    centre_below, centre_above = (
        np.clip((bin + 0.5) * 2 / len(fine) - 1, lowest, highest) for bin in (below, above)
    )
    return float(centre_below + (position - ranks[0]) * (centre_above - centre_below))
