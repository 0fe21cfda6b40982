"""The cone: cosine similarity between all pairs of embeddings."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaln, hyp2f1

from modality_gap.data.embeddings import UndefinedError, check_embeddings, check_pair, sample_pairs
from modality_gap.data.stored import Rows, row_blocks
from modality_gap.measures.samples import sample_interval

# Cosines are counted to the nearest of 2^22 steps of 4.8e-7: the order statistics are exact to half
# of that. 8,192 of them make one bin of the histogram that is drawn.
FINE_BINS = 2**22
OFFSET = 6  # moves cosines between 4 and 8, where float32 has equal steps: these steps
MARGIN = 64  # steps beyond ±1, where rounding may put the cosine of parallel rows
BITS_OF_MINUS_ONE = int(np.float32(-1 + OFFSET).view(np.int32))
HISTOGRAM_BINS = 512
VALUES_AT_A_TIME = 2**23
ROWS_AT_A_TIME = 256
GROUPS = 20  # of a sample's items, whose quartiles give those of the sample their interval
SHARES = {"min": 0, "quartile_1": 0.25, "median": 0.5, "quartile_3": 0.75, "max": 1}


@dataclass
class CosineStatistics:
    """Statistics of all pairwise cosines, and their histogram over [−1, 1] in equal bins."""

    summary: dict[str, float]
    histogram: np.ndarray

    @property
    def edges(self) -> np.ndarray:
        """Edges of the histogram's bins, one more than counts."""
        return np.linspace(-1, 1, len(self.histogram) + 1)


def cosine_statistics(
    embeddings: Rows, others: Rows | None = None, most: int | None = None, seed: int = 0
) -> CosineStatistics:
    """Mean, std, min, quartiles, max, count and histogram of all pairwise cosines.

    embeddings: shape (n, d), rows of unit length; all pairs of different rows (liang2022,
    Figs. 2a, 6). With `others`, shape (m, d): all pairs of a row of each.
    Mean and standard deviation (of the population) follow exactly from Σx and XᵀX; the rest is
    counted block by block, in memory that does not grow with the number of pairs. most: of more
    items, it is counted among that many random ones that `seed` draws; then min and max are theirs,
    quartiles have a 95% interval (_low, _high), and `counted` says how many cosines they are of.
    """
    if others is None:
        if isinstance(embeddings, np.ndarray):
            check_embeddings(embeddings, "embeddings")
        if len(embeddings) < 2:
            raise UndefinedError("1 embedding, expected at least 2 to form a pair")
        count, total, squares = within_moments(embeddings)
    else:
        check_pair(embeddings, others)
        count, total, squares = between_moments(embeddings, others)
    # Other rows of the others, or each item would meet its match more often than among all.
    sides = [embeddings] if others is None else [embeddings, others]
    sampled = [drawn_rows(rows, most, [seed, side]) for side, rows in enumerate(sides)]
    fine = count_cosines(*sampled, *[None] * (2 - len(sampled)))
    mean = total / count
    summary = {
        "mean": mean,
        "std": float(np.sqrt(max(0.0, squares / count - mean**2))),
        **order_statistics(fine),
        "count": count,
    }
    if any(len(part) < len(rows) for part, rows in zip(sampled, sides, strict=True)):
        summary |= quartile_intervals(sampled, [len(rows) for rows in sides], summary)
        summary["counted"] = int(fine.sum())
    histogram = fine[:-1].reshape(HISTOGRAM_BINS, -1).sum(axis=1)
    histogram[-1] += fine[-1]
    return CosineStatistics(summary, histogram)


def drawn_rows(rows: Rows, most: int | None, seed: list[int]) -> np.ndarray:
    """A random sample of so many rows, in random order; all, as they are, where there are no more."""
    if most is None or len(rows) <= most:
        return rows[:]
    chosen = sample_pairs(len(rows), most, seed)
    return rows[chosen][np.random.default_rng(seed).permutation(most)]


def quartile_intervals(
    sampled: list[np.ndarray], numbers: list[int], summary: dict[str, float]
) -> dict[str, float]:
    """95% intervals of a sample's quartiles around them, by name.

    Items are the independent units, not their cosines: quartiles of the pairs within each of GROUPS
    parts of the sample, whose mean is as sure as that of the whole sample, or a little less.
    sampled: rows of one modality or two, in random order; numbers: how many each was drawn from.
    """
    names = [name for name in SHARES if name.startswith(("quartile", "median"))]
    parts = (order_statistics(count_cosines(*part)) for part in groups(sampled))
    values = np.array([[found[name] for name in names] for found in parts]).T
    # Where one of the two modalities is complete, the other one's sample still is one.
    left = math.sqrt(max(1 - len(rows) / n for rows, n in zip(sampled, numbers, strict=True)))
    low, high = sample_interval(values, np.inf)
    found = {}
    for name, half in zip(names, (high - low) / 2 * left, strict=True):
        found |= {f"{name}_low": summary[name] - half, f"{name}_high": summary[name] + half}
    return found


def groups(sampled: list[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray | None]]:
    """Arguments of `count_cosines` for each of GROUPS parts of the sampled rows."""
    for group in range(GROUPS):
        parts = [rows[group::GROUPS] for rows in sampled]
        yield parts[0], (parts[1] if len(parts) > 1 else None)


def log_cap_share(cosine: float, dimension: int) -> float:
    """Natural logarithm of the share of the unit sphere that a cone of this opening cuts out.

    cosine: of the cone's opening angle, from edge to edge, as liang2022 (Sec. 2.1) counts it: a
    cap of half that angle, half an incomplete beta function of sin². dimension: of the space, at
    least 2. The share itself would vanish in float64 (below 2⁻⁵¹² at cosine 0.56 in 512
    dimensions). Raises ValueError for a cosine outside [−1, 1].
    """
    if not -1 <= cosine <= 1:
        raise ValueError(f"cosine {cosine}, expected a value in [−1, 1]")
    if dimension < 2:
        raise ValueError(f"dimension {dimension}, expected at least 2")
    # The half angle is at most 90°: its sin² is (1 − cos)/2 of the whole angle.
    a, b, x = (dimension - 1) / 2, 0.5, (1 - cosine) / 2
    if x == 0:
        return -math.inf
    share = betainc(a, b, x)
    if share > 1e-290:
        return math.log(share / 2)
    series = math.log(hyp2f1(a + b, 1, a + 1, x))
    return a * math.log(x) + b * math.log1p(-x) - math.log(a) - betaln(a, b) + series - math.log(2)


def within_moments(x: Rows) -> tuple[int, float, float]:
    """Number, sum and sum of squares of cos(xᵢ, xⱼ), i < j, from Σx and XᵀX."""
    n = len(x)
    total, gram = sum_and_gram(x)
    own = np.concatenate(
        [np.einsum("nd,nd->n", x[rows], x[rows], dtype=np.float64) for rows in row_blocks(n)]
    )
    pairs = (total @ total - own.sum()) / 2
    squares = (np.vdot(gram, gram) - own @ own) / 2
    return n * (n - 1) // 2, float(pairs), float(squares)


def between_moments(x: Rows, y: Rows) -> tuple[int, float, float]:
    """Number, sum and sum of squares of cos(xᵢ, yⱼ), from both sums and both XᵀX."""
    (x_total, x_gram), (y_total, y_gram) = sum_and_gram(x), sum_and_gram(y)
    return len(x) * len(y), float(x_total @ y_total), float(np.vdot(x_gram, y_gram))


def sum_and_gram(x: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Σx, shape (d,), and XᵀX, shape (d, d), in float64, without a float64 copy of x."""
    total, gram = np.zeros(x.shape[1]), np.zeros((x.shape[1], x.shape[1]))
    rows = max(1, VALUES_AT_A_TIME // x.shape[1])
    for first in range(0, len(x), rows):
        block = x[first : first + rows].astype(np.float64)
        total += block.sum(axis=0)
        gram += block.T @ block
    return total, gram


def count_cosines(x: np.ndarray, y: np.ndarray | None) -> np.ndarray:
    """Counts of the pairwise cosines at FINE_BINS + 1 equally spaced values from −1 to 1.

    Within one modality (y is None) each unordered pair of different rows counts once.
    """
    counts = np.zeros(FINE_BINS + 1 + 2 * MARGIN, dtype=np.int64)
    for cosines in cosine_blocks(x, y):
        # Where steps are equal, the bits of a float count them.
        cosines += OFFSET
        bins = cosines.view(np.int32)
        first = int(bins.min())
        bins -= first
        counted = np.bincount(bins)
        start = first - BITS_OF_MINUS_ONE + MARGIN
        if start < 0 or start + len(counted) > len(counts):
            raise ValueError("a cosine lies outside [−1, 1], expected rows of unit length")
        counts[start : start + len(counted)] += counted
    inner = counts[MARGIN:-MARGIN]
    inner[0] += counts[:MARGIN].sum()
    inner[-1] += counts[-MARGIN:].sum()
    return inner


def cosine_blocks(x: np.ndarray, y: np.ndarray | None) -> Iterator[np.ndarray]:
    """The pairwise cosines, once each, in flat float32 arrays of bounded size.

    An array is valid until the next one is asked for.
    """
    others = x if y is None else y
    rows = max(1, min(ROWS_AT_A_TIME, VALUES_AT_A_TIME // len(others), len(x)))
    memory = np.empty(rows * len(others), dtype=np.result_type(x, others))

    def product(block: np.ndarray, partners: np.ndarray) -> np.ndarray:
        out = memory[: len(block) * len(partners)].reshape(len(block), len(partners))
        return np.matmul(block, partners.T, out=out)

    for first in range(0, len(x), rows):
        block = x[first : first + rows]
        if y is not None:
            yield product(block, y).ravel().astype(np.float32, copy=False)
            continue
        if len(block) > 1:
            upper = np.triu_indices(len(block), k=1)
            yield product(block, block)[upper].astype(np.float32, copy=False)
        if first + rows < len(x):
            later = x[first + rows :]
            yield product(block, later).ravel().astype(np.float32, copy=False)


def order_statistics(fine: np.ndarray) -> dict[str, float]:
    """Smallest value, quartiles as NumPy defines them (linear) and largest value, by name.

    fine: of `count_cosines`.
    """
    filled = np.flatnonzero(fine != 0)
    up_to = np.cumsum(fine[filled])
    found = {}
    for name, share in SHARES.items():
        position = share * (int(up_to[-1]) - 1)
        ranks = np.array([math.floor(position), math.ceil(position)])
        below, above = filled[np.searchsorted(up_to, ranks, side="right")] * 2 / FINE_BINS - 1
        found[name] = float(below + (position - ranks[0]) * (above - below))
    return found
