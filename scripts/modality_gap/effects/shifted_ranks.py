"""Ranks of matching items while queries and items move along one direction, for many moves."""

import numpy as np
from numba import njit

from modality_gap.data.embeddings import UndefinedError, check_embeddings, first_equal_rows
from modality_gap.measures.retrieval import Ranks

ROWS_AT_A_TIME = 1024
VALUES_AT_A_TIME = 2**23
# So many similarities stay in the processor's cache while all moves pass over them.
QUERIES_TOGETHER, ITEMS_TOGETHER = 64, 2048


def shifted_ranks(
    queries: np.ndarray, items: np.ndarray, matches: np.ndarray, unit: np.ndarray, steps: np.ndarray
) -> Ranks:
    """Rank of each query's best matching item under every move; int32, shapes (moves, n).

    As `retrieval.best_ranks` of normalize(queries + a·u) and normalize(items + b·u), for each
    (a, b) of the steps, shape (moves, 2). A move changes the similarities by a matrix of rank one:
    they are computed once, block by block. A query's own scale does not change its order and is
    left out. queries, items: shape (n, d) and (m, d), rows of unit length; unit: u, shape (d,), of
    unit length. matches: (query row, item row), shape (p, 2), every query at least once.
    """
    check_embeddings(queries, "queries")
    check_embeddings(items, "items")
    starts, matching = group_matches(matches, len(queries), len(items))
    query_steps, item_steps = np.asarray(steps, dtype=np.float64).T
    # For its error alone: a query on the origin has no order.
    moved_scales(queries, unit, query_steps)
    kind = np.result_type(queries, items)
    # Products of equal rows may differ by rounding: all take those of the first, or ties are none.
    first_equal = first_equal_rows(items)
    repeated = (first_equal < np.arange(len(items))).any()
    scales = moved_scales(items, unit, item_steps).astype(kind).take(first_equal, axis=1)
    unit = unit.astype(kind)
    item_along = (items @ unit)[first_equal]
    ranks = np.empty((3, len(queries), len(query_steps)), dtype=np.int32)
    rows = max(1, min(ROWS_AT_A_TIME, VALUES_AT_A_TIME // len(items)))
    for first in range(0, len(queries), rows):
        block = queries[first : first + rows]
        offsets = np.multiply.outer(block @ unit, item_steps) + query_steps * item_steps
        similarity = block @ items.T
        count_rivals(
            similarity.take(first_equal, axis=1) if repeated else similarity,
            query_steps.astype(kind),
            item_along,
            offsets.astype(kind),
            scales,
            starts[first : first + rows + 1],
            matching,
            ranks[:, first : first + rows],
        )
    return Ranks(*ranks.swapaxes(1, 2))


def group_matches(matches: np.ndarray, queries: int, items: int) -> tuple[np.ndarray, np.ndarray]:
    """Where each query's matches start, shape (queries + 1,), and all matching items in a row.

    Raises ValueError where a query has no match, or a match is no item.
    """
    matches = np.unique(matches, axis=0)
    if not np.array_equal(np.unique(matches[:, 0]), np.arange(queries)):
        raise ValueError("some query matches no item, expected at least one match for each")
    low, high = matches[:, 1].min(), matches[:, 1].max()
    if low < 0 or high >= items:
        raise ValueError(f"matching items from {low} to {high}, expected 0 to {items - 1}")
    starts = np.searchsorted(matches[:, 0], np.arange(queries + 1))
    return starts, np.ascontiguousarray(matches[:, 1])


def moved_scales(rows: np.ndarray, unit: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """1/‖x + step·u‖ of every row for every step, shape (steps, n), float64.

    rows: shape (n, d), of unit length; unit: u, shape (d,), of unit length.
    """
    steps = np.asarray(steps, dtype=np.float64)[:, None]
    squared = 1 + 2 * steps * (rows @ unit).astype(np.float64) + steps**2
    lost = (squared < 1e-12).any(axis=1)
    if lost.any():
        step = steps[np.argmax(lost), 0]
        raise UndefinedError(f"a step of {step:g} along the gap moves an embedding onto the origin")
    return 1 / np.sqrt(squared)


@njit
def count_rivals(similarity, query_steps, item_along, offsets, scales, starts, matching, ranks):
    """What `Ranks` says of each query under each move, into ranks, shape (3, queries, moves).

    similarity: x·y, shape (queries, items); query_steps: a; item_along: u·y; offsets: b·(u·x) + ab,
    shape (queries, moves); scales: 1/‖y + b·u‖, shape (moves, items).
    """
    best = np.empty(ranks.shape[1:], dtype=similarity.dtype)
    for query in range(len(similarity)):
        own = matching[starts[query] : starts[query + 1]]
        for move in range(len(query_steps)):
            best[query, move], equal = best_match(
                own,
                similarity[query],
                query_steps[move],
                item_along,
                offsets[query, move],
                scales[move],
            )
            ranks[0, query, move] = 0
            # They are counted among all items below, but are no rivals.
            ranks[1, query, move] = -equal
            ranks[2, query, move] = equal
    for first in range(0, len(similarity), QUERIES_TOGETHER):
        for left in range(0, len(item_along), ITEMS_TOGETHER):
            items = slice(left, left + ITEMS_TOGETHER)
            for move in range(len(query_steps)):
                for query in range(first, min(first + QUERIES_TOGETHER, len(similarity))):
                    above, tied = count_above(
                        best[query, move],
                        similarity[query, items],
                        query_steps[move],
                        item_along[items],
                        offsets[query, move],
                        scales[move, items],
                    )
                    ranks[0, query, move] += above
                    ranks[1, query, move] += tied


@njit
def best_match(own, similarity, step, along, offset, scale):
    """The best of a query's matching items `own`, and how many of them are as good."""
    best, equal = -np.inf, 0
    for item in own:
        value = moved(similarity[item], step, along[item], offset, scale[item])
        if value > best:
            best, equal = value, 1
        elif value == best:
            equal += 1
    return best, equal


@njit
def count_above(best, similarity, step, along, offset, scale):
    """How many items of one query are more similar than its best match, and how many as similar."""
    # 32 bits throughout, or the loop is not made of vector instructions.
    above, at_least = np.int32(0), np.int32(0)
    for item in range(len(similarity)):
        value = moved(similarity[item], step, along[item], offset, scale[item])
        above = np.int32(above + np.int32(value > best))
        at_least = np.int32(at_least + np.int32(value >= best))
    return above, at_least - above


@njit
def moved(similarity, step, along, offset, scale):
    """The moved item's cosine with the moved query, but for the query's own scale."""
    return (similarity + step * along + offset) * scale
