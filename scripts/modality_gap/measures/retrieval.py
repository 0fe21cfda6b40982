"""Retrieval between images and texts: recall@k in both directions."""

from typing import NamedTuple

import numpy as np
from scipy.special import comb

from modality_gap.data.embeddings import check_pair, first_equal_rows

ROWS_AT_A_TIME = 1024


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
    for direction, queries, items, matches in (
        ("image_to_text", images, texts, pairs),
        ("text_to_image", texts, images, pairs[:, ::-1]),
    ):
        rows, query = np.unique(matches[:, 0], return_inverse=True)
        ranks = best_ranks(queries[rows], items, np.column_stack([query, matches[:, 1]]))
        recalls |= {(direction, k): float(hits(ranks, k).mean()) for k in ks}
    return recalls


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
