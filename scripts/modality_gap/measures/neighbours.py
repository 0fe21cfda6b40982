"""Nearest neighbours by Euclidean distance: which are closest, and how many of those sought are found."""

import numpy as np

EXACT_IN_FLOAT32 = 2**24


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

    found: of `closeness`; matches: (query row, item row), shape (p, 2), a match that is repeated
    counts once. Of items at one distance each is as likely the first.
    """
    best = found.max(axis=1)
    query, item = np.unique(matches, axis=0).T
    right = np.bincount(query[found[query, item] == best[query]], minlength=len(found))
    return right / (found == best[:, None]).sum(axis=1)
