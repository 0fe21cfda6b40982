"""Retrieval between images and texts: recall@k in both directions."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import comb

from modality_gap.data.embeddings import check_pair, first_equal_rows
from modality_gap.data.stored import Rows, row_blocks
from modality_gap.measures.samples import asked_rows, share_interval, text_units, told

ROWS_AT_A_TIME = 1024
QUERIES_TOGETHER = 512  # of a block of similarities with as many items as are read at once
QUERIES_IN_MEMORY = 2**16
NEAR = 1e-6  # similarities in float32 that are closer are told apart in float64
SAME = 1e-12  # that of equal rows, or of rows that nothing tells apart


class Ranks(NamedTuple):
    """Where the best of a query's matching items stands, with what is exactly as similar left open.

    above: rivals that are more similar to the query; tied: rivals that are as similar; own: matches
    that are, itself among them. Whole numbers, all of one shape. An item that matches is no rival.
    """

    above: np.ndarray
    tied: np.ndarray
    own: np.ndarray


def hits(ranks: Ranks, k: int) -> np.ndarray:
    """How probably a match is among the k most similar items, ties in random order; float64.

    The expectation over the order of a tie, 1 − C(tied, s) / C(tied + own, s), where s = k − above
    places are left for it; without a tie 1 or 0. Shaped as the ranks.
    """
    left = k - ranks.above
    missed = (left <= 0).astype(np.float64)
    open_ties = np.nonzero((left > 0) & (ranks.tied > 0))
    left, tied, own = left[open_ties], ranks.tied[open_ties], ranks.own[open_ties]
    product = np.ones(len(left))
    for place in range(left.max(initial=0)):
        share = np.maximum(tied - place, 0) / np.maximum(tied + own - place, 1)
        product *= np.where(place < left, share, 1)
    missed[open_ties] = product
    return 1 - missed


def chance_of_right(beaten: np.ndarray, tied: np.ndarray, wrong: int, choices: int) -> np.ndarray:
    """Probability that a right answer is chosen among `choices` − 1 wrong ones, each drawn once.

    beaten, tied: how many of the `wrong` ones it beats and equals, of one shape. With c = choices − 1
    and j tied ones among those drawn it is chosen with probability 1/(1 + j): the sum of
    C(tied, j) C(beaten, c − j) / (1 + j) over j, by Vandermonde's identity, over C(wrong, c).
    Without ties C(beaten, c) / C(wrong, c): the mean over all draws, which K draws estimate.
    """
    c = choices - 1
    some = (comb(tied + 1 + beaten, c + 1) - comb(beaten, c + 1)) / (tied + 1)
    return np.where(tied > 0, some, comb(beaten, c)) / comb(wrong, c)


def best_ranks(queries: np.ndarray, items: np.ndarray, matches: np.ndarray) -> Ranks:
    """Rank of each query's best matching item by cosine similarity; shapes (n,).

    queries, items: shape (n, d) and (m, d), rows of unit length. matches: (query row, item row),
    shape (p, 2), every query at least once. Equal items tie exactly, however products are rounded.
    """
    matches = np.unique(matches, axis=0)
    if not np.array_equal(np.unique(matches[:, 0]), np.arange(len(queries))):
        raise ValueError("some query matches no item, expected at least one match for each")
    starts = np.searchsorted(matches[:, 0], np.arange(len(queries) + 1))
    first_equal = first_equal_rows(items)
    repeated = np.flatnonzero(first_equal != np.arange(len(items)))
    ranks = np.empty((3, len(queries)), dtype=np.int64)
    for first in range(0, len(queries), ROWS_AT_A_TIME):
        last = min(first + ROWS_AT_A_TIME, len(queries))
        similarity = queries[first:last] @ items.T
        similarity[:, repeated] = similarity[:, first_equal[repeated]]
        query, item = matches[starts[first] : starts[last]].T
        query = query - first
        own = similarity[query, item]
        best = np.maximum.reduceat(own, starts[first:last] - starts[first])
        similarity[query, item] = -np.inf
        ranks[:, first:last] = (
            (similarity > best[:, None]).sum(axis=1),
            (similarity == best[:, None]).sum(axis=1),
            np.bincount(query, own == best[query]),
        )
    return Ranks(*ranks)


def ranks_among_all(queries: Rows, items: Rows, matches: np.ndarray) -> Ranks:
    """`best_ranks` of queries among more items than memory holds; shapes (n,).

    Items pass once for every QUERIES_IN_MEMORY queries. Similarities that float32 does not tell
    apart are computed in float64, so that equal items tie exactly.
    """
    matches = np.unique(matches, axis=0)
    starts = np.searchsorted(matches[:, 0], np.arange(len(queries) + 1))
    if (np.diff(starts) == 0).any():
        raise ValueError("some query matches no item, expected at least one match for each")
    ranks = np.empty((3, len(queries)), dtype=np.int64)
    for part in row_blocks(len(queries), QUERIES_IN_MEMORY):
        own = matches[starts[part.start] : starts[part.stop]] - [part.start, 0]
        ranks[:, part] = ranks_in_memory(queries[part], items, own)
    return Ranks(*ranks)


def ranks_in_memory(queries: np.ndarray, items: Rows, matches: np.ndarray) -> np.ndarray:
    """What `Ranks` says of queries in memory, shape (3, n); matches: ordered by query."""
    query, item = matches.T
    similarity = np.concatenate(
        [
            np.einsum("nd,nd->n", queries[query[rows]], items[item[rows]], dtype=np.float64)
            for rows in row_blocks(len(matches))
        ]
    )
    best = np.maximum.reduceat(similarity, np.searchsorted(query, np.arange(len(queries))))
    ranks = np.zeros((3, len(queries)), dtype=np.int64)
    ranks[2] = np.bincount(query, similarity >= best[query] - SAME)
    for block in row_blocks(len(items)):
        rows = items[block]
        here = (item >= block.start) & (item < block.stop)
        own_query, own_item = query[here], item[here] - block.start
        for part in row_blocks(len(queries), QUERIES_TOGETHER):
            found = queries[part] @ rows.T
            own = slice(*np.searchsorted(own_query, (part.start, part.stop)))
            found[own_query[own] - part.start, own_item[own]] = -np.inf
            bound = best[part, None].astype(found.dtype)
            above = np.count_nonzero(found > bound + NEAR, axis=1)
            near = np.count_nonzero(found >= bound - NEAR, axis=1) > above
            open_queries = np.flatnonzero(near)
            which, rival = np.nonzero(np.abs(found[open_queries] - bound[open_queries]) <= NEAR)
            which = open_queries[which]
            exact = np.einsum("nd,nd->n", queries[part][which], rows[rival], dtype=np.float64)
            apart = exact - best[part][which]
            above += np.bincount(which, apart > SAME, minlength=len(above)).astype(int)
            ranks[0, part] += above
            ranks[1, part] += np.bincount(
                which, np.abs(apart) <= SAME, minlength=len(above)
            ).astype(int)
    return ranks


def recall(images: np.ndarray, texts: np.ndarray, k: int = 1) -> dict[str, float]:
    """Recall@k of matched rows by direction: image_to_text, text_to_image.

    images, texts: shape (n, d), rows of unit length, row i of one matching row i of the other. Equal
    rows are one item: an image with several captions, or a caption of several images, finds each of
    its matches right. See `recall_at_k` for other matches.
    """
    check_pair(images, texts, paired=True)
    (first_images, image_rows), (first_texts, text_rows) = (
        np.unique(first_equal_rows(rows), return_inverse=True) for rows in (images, texts)
    )
    pairs = np.column_stack([image_rows, text_rows])
    found = recall_at_k(images[first_images], texts[first_texts], pairs, [k])
    return {direction: value for (direction, _), value in found.items()}


def recall_at_k(
    images: np.ndarray, texts: np.ndarray, pairs: np.ndarray, ks: list[int]
) -> dict[tuple[str, int], float]:
    """Recall@k by (direction, k): the share of queries with a match among the k most similar.

    Of equally similar items every order is as likely: the expectation over it (`hits`).

    images, texts: shape (n, d) and (m, d), rows of unit length, each distinct text once.
    pairs: every (image row, text row) that belong together, shape (p, 2); an image may have
    several captions and a caption several images: any of them is right. A direction's queries
    are the items that occur in a pair.
    """
    check_pair(images, texts)
    recalls = {}
    for direction, queries, items, matches in both_ways(images, texts, pairs):
        rows, query = np.unique(matches[:, 0], return_inverse=True)
        ranks = best_ranks(queries[rows], items, np.column_stack([query, matches[:, 1]]))
        recalls |= {(direction, k): float(hits(ranks, k).mean()) for k in ks}
    return recalls


def both_ways(images: Rows, texts: Rows, pairs: np.ndarray) -> Iterator[tuple]:
    """(direction, queries, items, matches) of both directions of retrieval."""
    yield "image_to_text", images, texts, pairs
    yield "text_to_image", texts, images, pairs[:, ::-1]


def recall_table(
    images: Rows,
    texts: Rows,
    pairs: np.ndarray,
    ks: list[int],
    most: int,
    seed: int,
    units: np.ndarray | None = None,
) -> pd.DataFrame:
    """Recall@k and that of a random order: columns direction, k, recall, chance.

    Arguments as for `recall_at_k`. Where a direction's queries and items make more than `most`²
    comparisons, `most` random queries are asked, which `seed` draws, each among all items: then
    there are columns queries, units (how many independent ones these are), low and high, the 95%
    interval of what this leaves open, and the attribute `sampled` says so in sentences. units: of
    each image, numbered from 0, shape (n,); None: each is its own.
    """
    check_pair(images, texts)
    chances, rows, sampled = chance_recall(pairs, ks), [], []
    of_images = np.arange(len(images)) if units is None else units
    for direction, queries, items, matches in both_ways(images, texts, pairs):
        asking = np.unique(matches[:, 0])
        number = len(asking)
        chosen = asked_rows(number, len(items), most, seed)
        if chosen is not None:
            asking = asking[chosen]
            matches = matches[np.isin(matches[:, 0], asking)]
            way = direction.replace("_to_", "→")
            sampled.append(f"{way}: {told(most, number, 'queries', seed)}, each among all items")
        numbered = np.column_stack([np.searchsorted(asking, matches[:, 0]), matches[:, 1]])
        in_memory = chosen is None and isinstance(items, np.ndarray)
        rank = best_ranks if in_memory else ranks_among_all
        ranks = rank(queries.take(asking, axis=0), items, numbered)
        forth = direction == "image_to_text"
        own = (of_images if forth else text_units(pairs, of_images, len(texts)))[asking]
        for k in ks:
            found = hits(ranks, k)
            row = {"direction": direction, "k": k, "recall": float(found.mean())}
            low, high = share_interval(found, number, own)
            row |= {"chance": chances[direction, k], "queries": len(asking)}
            rows.append(row | {"units": len(np.unique(own)), "low": low, "high": high})
    table = pd.DataFrame(rows)
    if not sampled:
        return table.drop(columns=["queries", "units", "low", "high"])
    table.attrs["sampled"] = sampled
    return table


def chance_recall(pairs: np.ndarray, ks: list[int]) -> dict[tuple[str, int], float]:
    """Recall@k of a random order, by (direction, k): 1 − C(m − r, k) / C(m, k), mean over queries.

    pairs: as for `recall_at_k`; m items, of which r match the query.
    """
    chances = {}
    for direction, matches in (("image_to_text", pairs), ("text_to_image", pairs[:, ::-1])):
        matches = np.unique(matches, axis=0)
        items = len(np.unique(matches[:, 1]))
        right = np.unique(matches[:, 0], return_counts=True)[1]
        for k in ks:
            missed = np.prod(
                [np.maximum(items - right - i, 0) / max(items - i, 1) for i in range(k)], axis=0
            )
            chances[direction, k] = float(1 - missed.mean())
    return chances
