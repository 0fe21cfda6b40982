"""Quantisation: what is left of nearest neighbours when embeddings are stored in a few bits.

Both modalities are quantised after the retrieved one, the texts, has moved by α·g′
(chowers2026, Sec. 5.2). Four schemes, of which databases use the last three: `fixed_range`, equal
levels on [−3, 3], as in the paper; `dimension_range`, equal levels between each dimension's smallest
and largest value (Faiss's scalar quantiser, Milvus's IVF_SQ8); `vector_scale`, whole numbers up to
each vector's own largest entry (Redis's vector sets); `sign`, one bit a dimension (pgvector, Qdrant,
Redis).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from modality_gap.closing.projection import move_along
from modality_gap.data.embeddings import UndefinedError, check_pair, first_equal_rows, sample_pairs
from modality_gap.measures.intervals import mean_interval

LIMIT = 3.0  # the paper's range: entries of rows of unit length lie far inside
EXACT_IN_FLOAT32 = 2**24
SEARCHED = np.linspace(0, 2, 41)
NEIGHBOUR, TASK = "nearest_kept", "recall@1"


@dataclass
class Quantized:
    """Both modalities in the values that are stored, in multiples of `unit`."""

    queries: np.ndarray
    retrieved: np.ndarray
    unit: float = 1.0

    @property
    def gap(self) -> float:
        """Distance of the two centres after quantisation."""
        difference = self.queries.mean(axis=0) - self.retrieved.mean(axis=0)
        return float(np.linalg.norm(difference) * self.unit)


def quantize(queries: np.ndarray, retrieved: np.ndarray, scheme: str, bits: int) -> Quantized:
    """Both modalities in so many bits a dimension; schemes as the module says.

    queries, retrieved: shape (n, d) and (m, d). Raises ValueError for a scheme or a number of bits
    that there is not.
    """
    if scheme == "sign":
        if bits != 1:
            raise ValueError(f"scheme sign with {bits} bits, expected 1")
        unit = 1 / np.sqrt(queries.shape[1])
        return Quantized(*(np.where(rows > 0, 1.0, -1.0) for rows in (queries, retrieved)), unit)
    if bits < 2:
        raise ValueError(f"scheme {scheme} with {bits} bit, expected at least 2")
    if scheme == "fixed_range":
        step = 2 * LIMIT / (2**bits - 1)
        return Quantized(*(fixed_levels(rows, bits) for rows in (queries, retrieved)), step / 2)
    if scheme == "dimension_range":
        low = np.minimum(queries.min(axis=0), retrieved.min(axis=0))
        high = np.maximum(queries.max(axis=0), retrieved.max(axis=0))
        step = (high - low) / (2**bits - 1)
        steps = np.where(step > 0, step, 1)
        return Quantized(*(np.rint((rows - low) / steps) * step for rows in (queries, retrieved)))
    if scheme == "vector_scale":
        return Quantized(*(own_scale(rows, bits) for rows in (queries, retrieved)))
    raise ValueError(
        f"scheme {scheme!r}, expected fixed_range, dimension_range, vector_scale or sign"
    )


def fixed_levels(rows: np.ndarray, bits: int) -> np.ndarray:
    """The nearest of 2^bits levels on [−3, 3], in half steps: odd whole numbers, 0 between two."""
    last = 2**bits - 1
    levels = np.floor((rows + LIMIT) * (last / (2 * LIMIT)) + 0.5)
    return 2 * np.clip(levels, 0, last) - last


def own_scale(rows: np.ndarray, bits: int) -> np.ndarray:
    """Whole multiples of each row's largest entry over 2^(bits − 1) − 1."""
    scale = np.abs(rows).max(axis=1, keepdims=True) / (2 ** (bits - 1) - 1)
    return np.rint(rows / scale) * scale


def closeness(queries: np.ndarray, retrieved: np.ndarray) -> np.ndarray:
    """2x·y − ‖y‖², shape (n, m): the larger, the smaller the Euclidean distance.

    Of whole numbers it is exact, so that a tie is a tie: float32 where it holds every sum.
    """
    lengths = np.einsum("md,md->m", retrieved, retrieved)
    if np.array_equal(queries, np.rint(queries)) and np.array_equal(retrieved, np.rint(retrieved)):
        longest = np.sqrt(np.einsum("nd,nd->n", queries, queries).max() * lengths.max())
        if 2 * longest + lengths.max() < EXACT_IN_FLOAT32:
            queries, retrieved, lengths = (
                array.astype(np.float32) for array in (queries, retrieved, lengths)
            )
    found = queries @ retrieved.T
    found *= 2
    found -= lengths
    return found


def nearest(found: np.ndarray, k: int) -> np.ndarray:
    """The k closest items of each query in no particular order, or all; shape (n, k); of `closeness`."""
    k = min(k, found.shape[1])
    return np.argpartition(found, -k, axis=1)[:, -k:]


def share_found(found: np.ndarray, sought: np.ndarray) -> np.ndarray:
    """The share of each query's sought items that are among as many closest ones, shape (n,).

    found: of `closeness`, shape (n, m); sought: items, shape (n, k). Of items at one distance a
    random order would keep some: the expectation over it.
    """
    k = sought.shape[1]
    last = np.partition(found, -k, axis=1)[:, [-k]]
    above, tied = (found > last).sum(axis=1), (found == last).sum(axis=1)
    own = np.take_along_axis(found, sought, axis=1)
    return (own > last).mean(axis=1) + (own == last).mean(axis=1) * (k - above) / tied


def right_first(found: np.ndarray, matches: np.ndarray) -> np.ndarray:
    """How probably each query's closest item is a right one, shape (n,): recall@1 of each.

    found: of `closeness`; matches: (query row, item row), shape (p, 2). Of items at one distance
    each is as likely the first.
    """
    best = found.max(axis=1)
    query, item = matches.T
    right = np.bincount(query[found[query, item] == best[query]], minlength=len(found))
    return right / (found == best[:, None]).sum(axis=1)


def mean_and_change(values: np.ndarray, before: np.ndarray) -> dict[str, float]:
    """Mean over queries and its change from what it was before, with 95% intervals, by name.

    values, before: of the same queries, shape (n,): the change's interval is that of the paired
    differences.
    """
    names = ("mean", "low", "high", "change", "change_low", "change_high")
    return dict(zip(names, (*mean_interval(values), *mean_interval(values - before)), strict=True))


def closest_alpha(
    images: np.ndarray, texts: np.ndarray, vector: np.ndarray, scheme: str, bits: int
) -> float:
    """The α from 0 to 2, in steps of 0.05, that leaves the smallest gap after quantisation.

    Rounding shifts both centres, so it need not be 1 (chowers2026, Sec. 5.2). The gap is a step
    function of α: a search of the slope would not find its minimum. vector: g′, shape (d,).
    """
    gaps = [
        quantize(images, move_along(texts, vector, alpha), scheme, bits).gap for alpha in SEARCHED
    ]
    return float(SEARCHED[int(np.argmin(gaps))].round(2))


def quantization_table(
    images: np.ndarray,
    texts: np.ndarray,
    pairs: np.ndarray,
    vector: np.ndarray,
    schemes: dict[str, list[int]],
    alphas: list[float],
    k: int,
    queries: int,
    seed: int,
) -> pd.DataFrame:
    """Nearest neighbours and recall of every quantisation while the gap closes (chowers2026, Fig. 9).

    images, texts: shape (n, d) and (m, d), rows of unit length; pairs: every (image row, text row)
    that belong together; vector: g′ of `projection.orthogonal_gap`. schemes: numbers of bits by
    name. alphas: shares of g′ that the texts move by, 0 among them; `closest_alpha` of each
    quantisation is added. queries: how many images ask, a sample that `seed` draws; all where there
    are fewer. Returns a row a scheme, bits, α and measure, with columns gap (of the embeddings as
    they are moved), quantized_gap, closest (whether this α leaves the smallest of those), queries,
    mean, low, high, and the change from α = 0 of the same quantisation. Measures: `nearest_kept`,
    the share of images whose nearest text is what it was without quantisation; `nearest_k_kept`,
    recall@k against the index without it; `recall@1` of the right text. Scheme `none` is the index
    without it. Neighbours are by Euclidean distance; equal texts are one neighbour.
    """
    check_pair(images, texts)
    if 0 not in alphas:
        raise ValueError(f"alphas {alphas}, expected 0 among them")
    images, texts = images.astype(np.float64), texts.astype(np.float64)
    asked = sample_pairs(len(images), queries, seed)
    if len(asked) < 2:
        raise UndefinedError("a single image asks, expected at least 2 for an interval")
    here = np.isin(pairs[:, 0], asked)
    matches = np.column_stack([np.searchsorted(asked, pairs[here, 0]), pairs[here, 1]])
    items = np.unique(first_equal_rows(texts))
    rows = []
    for scheme, bits in [
        ("none", 64),
        *((s, b) for s, numbers in schemes.items() for b in numbers),
    ]:
        closest = 1.0 if scheme == "none" else closest_alpha(images, texts, vector, scheme, bits)
        before = None
        # 0 comes first: the others are compared with it.
        for alpha in [0.0, *sorted({*alphas, closest} - {0})]:
            moved = move_along(texts, vector, alpha)
            plain = Quantized(images, moved)
            stored = plain if scheme == "none" else quantize(images, moved, scheme, bits)
            full = closeness(images[asked], moved)
            found = full if scheme == "none" else closeness(stored.queries[asked], stored.retrieved)
            values = {
                NEIGHBOUR: share_found(found[:, items], nearest(full[:, items], 1)),
                f"nearest_{k}_kept": share_found(found[:, items], nearest(full[:, items], k)),
                TASK: right_first(found, matches),
            }
            before = before or values
            rows += [
                {
                    "scheme": scheme,
                    "bits": bits,
                    "alpha": alpha,
                    "gap": plain.gap,
                    "quantized_gap": stored.gap,
                    "closest": alpha == closest,
                    "measure": measure,
                    "queries": len(asked),
                    **mean_and_change(value, before[measure]),
                }
                for measure, value in values.items()
            ]
    return pd.DataFrame(rows)
