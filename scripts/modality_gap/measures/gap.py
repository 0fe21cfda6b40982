"""How far apart the two modalities are."""

import numpy as np
from scipy.sparse import csr_matrix

from modality_gap.data.embeddings import UndefinedError, check_pair
from modality_gap.data.stored import Rows, row_blocks
from modality_gap.measures.samples import share_interval

ROWS_AT_A_TIME = 1024
QUERIES_TOGETHER = 512  # of a block of cosines with as many items as are read at once
ROUNDING = 1e-6  # what cosines of equal rows may differ by, in float32


def centre(rows: Rows) -> np.ndarray:
    """The mean of some rows, shape (d,), float64."""
    return sum(rows[block].sum(axis=0, dtype=np.float64) for block in row_blocks(len(rows))) / len(
        rows
    )


def gap_vector(images: Rows, texts: Rows) -> np.ndarray:
    """Δ = mean(x) − mean(y), shape (d,), float64 (liang2022, Sec. 4.2).

    images, texts: shape (n, d) and (m, d), rows of unit length.
    """
    check_pair(images, texts)
    return centre(images) - centre(texts)


def modality_gap(images: Rows, texts: Rows) -> float:
    """Distance between the two modalities' centres, ‖mean(x) − mean(y)‖ (liang2022, Sec. 4.2).

    images, texts: shape (n, d) and (m, d), rows of unit length (`normalize` first).
    Raises ValueError where the widths differ or a value is not finite.
    """
    return float(np.linalg.norm(gap_vector(images, texts)))


def gap_interval(images: Rows, texts: Rows, units: np.ndarray | None = None) -> tuple[float, float]:
    """95% interval of `modality_gap`, for other pairs of the same kind: by the delta method.

    ‖Δ‖ changes as Δ does along itself: Student's interval of the pairs' differences in that
    direction, pairs of one unit taken together. It holds where the gap is many standard errors
    long; a gap of 0 has no direction: (0, NaN). images, texts: shape (n, d), rows of unit length,
    row i of one matching row i of the other. units: which pairs are of one image, or of images that
    are not independent, shape (n,); None: every pair is its own. NaN where all are of one.
    """
    # Imported here: it loads for half a second, which other measures need not wait for.
    from modality_gap.measures.intervals import mean_interval

    gap = gap_vector(images, texts)
    length = np.linalg.norm(gap)
    if length == 0:
        return 0.0, np.nan
    along = np.concatenate(
        [(images[b] - texts[b]) @ (gap / length) for b in row_blocks(len(images))]
    )
    _, low, high = mean_interval(along, 1, units)
    return float(np.maximum(0, low)), high


def matched_distance(images: Rows, texts: Rows) -> float:
    """L2I: mean distance of matched pairs, mean ‖xᵢ − yᵢ‖ (Schrodi et al. 2025).

    images, texts: shape (n, d), rows of unit length, row i of one matching row i of the other.
    """
    check_pair(images, texts, paired=True)
    return float(np.sqrt(squared_distances(images, texts)).mean())


def squared_distances(images: Rows, texts: Rows) -> np.ndarray:
    """‖xᵢ − yᵢ‖² of matched pairs, shape (n,), float64: exactly 0 where the two are one."""
    found = []
    for block in row_blocks(len(images)):
        apart = np.subtract(images[block], texts[block], dtype=np.float64)
        found.append(np.einsum("nd,nd->n", apart, apart))
    return np.concatenate(found)


def matched_cosines(images: Rows, texts: Rows) -> np.ndarray:
    """cos(xᵢ, yᵢ) of matched pairs of unit length, shape (n,), float64."""
    return np.concatenate(
        [
            np.einsum("nd,nd->n", images[block], texts[block], dtype=np.float64)
            for block in row_blocks(len(images))
        ]
    )


def relative_modality_gap(images: Rows, texts: Rows, image_ids: np.ndarray | None = None) -> float:
    """RMG: matched distance relative to the spread within the modalities (Schrodi et al. 2025).

    m / (m + (s_x + s_y) / 2), with m the mean of (1 − cos)/2 over matched pairs and s the same
    over all pairs of different items within a modality. Between 0 (matched pairs coincide) and 1
    (each modality is one point). images, texts: shape (n, d), n ≥ 2, rows of unit length.
    image_ids: which pairs share an image, shape (n,): it is one item. None: every pair has its own.
    """
    check_pair(images, texts, paired=True)
    matched = squared_distances(images, texts).mean() / 4
    if image_ids is not None:
        distinct = np.unique(image_ids, return_index=True)[1]
        # Of a single image that repeats, all pairs are one point: the limit.
        images = images.take(distinct, axis=0) if len(distinct) > 1 else images
    within = np.mean([(1 - mean_cosine(modality)) / 2 for modality in (images, texts)])
    if matched + within == 0:
        raise UndefinedError("every image and every text is the same point: RMG is not defined")
    return float(matched / (matched + within))


def mean_cosine(embeddings: Rows) -> float:
    """Mean cosine of all pairs of different rows, from Σx alone; rows of unit length, n ≥ 2."""
    n = len(embeddings)
    if n < 2:
        raise UndefinedError(f"{n} embedding, expected at least 2 to form a pair")
    total, own = np.zeros(embeddings.shape[1]), 0.0
    for block in row_blocks(n):
        rows = embeddings[block]
        total += rows.sum(axis=0, dtype=np.float64)
        own += np.einsum("nd,nd->", rows, rows, dtype=np.float64)
    return float((total @ total - own) / (n * (n - 1)))


def pair_margins(
    images: np.ndarray,
    texts: np.ndarray,
    text_ids: np.ndarray | None = None,
    image_ids: np.ndarray | None = None,
) -> np.ndarray:
    """How much more similar each pair is than its image's and its text's best rival.

    cos(xᵢ, yᵢ) less the largest cos(xᵢ, yⱼ) and cos(xⱼ, yᵢ) over all j that are no match, shape (n,);
    the smallest is the margin α (yaras2024, Sec. 2): above 0, all pairs are perfectly matched.
    images, texts: shape (n, d), rows of unit length, row i of one matching row i of the other.
    text_ids, image_ids: which pairs share a text or an image, shape (n,): whatever a pair puts
    together is no rival anywhere. None: every pair has its own. NaN for a pair that has no rival,
    as where all have one text.
    """
    check_pair(images, texts, paired=True)
    n = len(images)
    image_rows, text_rows = (
        np.arange(n) if ids is None else np.unique(ids, return_inverse=True)[1]
        for ids in (image_ids, text_ids)
    )
    belong = csr_matrix((np.ones(n, dtype=bool), (image_rows, text_rows)))
    own = np.empty(n, dtype=np.result_type(images, texts))
    best = np.full(n, -np.inf, dtype=own.dtype)
    for first in range(0, n, ROWS_AT_A_TIME):
        rows = np.arange(first, min(first + ROWS_AT_A_TIME, n))
        cosines = images[rows] @ texts.T
        own[rows] = cosines[np.arange(len(rows)), rows]
        cosines[belong[image_rows[rows]].toarray()[:, text_rows]] = -np.inf
        best[rows] = np.maximum(best[rows], cosines.max(axis=1))
        np.maximum(best, cosines.max(axis=0), out=best)
    return np.where(np.isneginf(best), np.nan, own - best)


def margins_among_all(
    images: Rows, texts: Rows, asked: np.ndarray, text_ids: np.ndarray, image_ids: np.ndarray
) -> np.ndarray:
    """`pair_margins` of some of the pairs, each against all others; shape (q,), float64.

    asked: their rows, shape (q,). In memory that does not grow with the number of pairs; a margin
    within rounding of 0 is 0.
    """
    own = matched_cosines(images[asked], texts[asked])
    image_rows, text_rows = (
        np.unique(ids, return_inverse=True)[1] for ids in (image_ids, text_ids)
    )
    belong = csr_matrix((np.ones(len(images), dtype=bool), (image_rows, text_rows)))
    best = np.maximum(
        best_rivals(images[asked], texts, belong[image_rows[asked]], text_rows),
        best_rivals(texts[asked], images, belong.T.tocsr()[text_rows[asked]], image_rows),
    )
    margins = np.where(np.isneginf(best), np.nan, own - best)
    return np.where(np.abs(margins) < ROUNDING, 0.0, margins)


def best_rivals(
    queries: np.ndarray, items: Rows, belong: csr_matrix, item_rows: np.ndarray
) -> np.ndarray:
    """The largest cosine of each query with an item that does not belong to it, shape (q,).

    queries: shape (q, d); items: shape (n, d); belong: which items go with a query, by their
    number, of which item_rows has that of each item. −∞ where all of them do.
    """
    best = np.full(len(queries), -np.inf)
    for block in row_blocks(len(items)):
        rows = items[block]
        query, item = belong[:, item_rows[block]].nonzero()
        order = np.argsort(query, kind="stable")
        query, item = query[order], item[order]
        for first in range(0, len(queries), QUERIES_TOGETHER):
            part = slice(first, first + QUERIES_TOGETHER)
            cosines = queries[part] @ rows.T
            here = slice(*np.searchsorted(query, (first, first + QUERIES_TOGETHER)))
            cosines[query[here] - first, item[here]] = -np.inf
            best[part] = np.maximum(best[part], cosines.max(axis=1))
    return best


def matched_share(margins: np.ndarray) -> float:
    """Share of pairs that are perfectly matched; of `pair_margins`, NaN where none has a rival."""
    known = margins[~np.isnan(margins)]
    return float((known > 0).mean()) if len(known) else np.nan


def gap_cosines(images: Rows, texts: Rows) -> dict[str, np.ndarray]:
    """Cosine between the gap and each embedding, seen from its centre, by modality.

    cos(x − μ_x, Δ) and cos(y − μ_y, Δ), both of shape (n,), float64: 0 where the gap is orthogonal to
    what distinguishes items (chowers2026, Assumption 3.3, Fig. 13). An embedding on its centre has
    no direction: 0. images, texts: shape (n, d) and (m, d), rows of unit length.
    """
    gap = gap_vector(images, texts)
    length = np.linalg.norm(gap)
    if length == 0:
        raise UndefinedError("the modality gap is zero: it has no direction")
    return {
        name: np.concatenate(
            [cosines_with(rows[block] - middle, gap / length) for block in row_blocks(len(rows))]
        )
        for name, rows, middle in (
            ("image", images, centre(images)),
            ("text", texts, centre(texts)),
        )
    }


def cosines_with(rows: np.ndarray, unit: np.ndarray) -> np.ndarray:
    """Cosine of each row, shape (n, d), with a vector of unit length; 0 of a row of zeros."""
    lengths, along = np.linalg.norm(rows, axis=1), rows @ unit
    return np.divide(along, lengths, out=np.zeros_like(along), where=lengths > 0)


def gap_measures(
    images: Rows,
    texts: Rows,
    text_ids: np.ndarray | None = None,
    image_ids: np.ndarray | None = None,
    asked: np.ndarray | None = None,
    units: np.ndarray | None = None,
) -> dict[str, float]:
    """Every number that says how far apart two paired modalities are, by name; the gap with its interval.

    Arguments as in `pair_margins`. asked: rows of a random sample of the pairs, shape (q,), whose
    margins are measured, each against all pairs; then there are three more numbers: asked, how many
    they are, and the 95% interval of the matched share, for what the sample leaves open. The margin
    is then the smallest of these. None: all. units: which pairs are of one independent unit, shape
    (n,); None: those of one image. What the embeddings do not define is NaN; `undefined_measures`
    says why.
    """
    n, shares = len(images), {}
    if asked is None:
        margins = pair_margins(images[:], texts[:], text_ids, image_ids)
    else:
        ids = [np.arange(n) if ids is None else ids for ids in (text_ids, image_ids)]
        margins = margins_among_all(images, texts, asked, *ids)
        known = ~np.isnan(margins)
        own = (ids[1] if units is None else units)[asked][known]
        low, high = share_interval(margins[known] > 0, n, own) if len(own) else (np.nan, np.nan)
        shares = {"asked": len(asked), "matched_share_low": low, "matched_share_high": high}
    try:
        relative = relative_modality_gap(images, texts, image_ids)
    except UndefinedError:
        relative = np.nan
    low, high = gap_interval(images, texts, image_ids if units is None else units)
    return {
        "modality_gap": modality_gap(images, texts),
        "modality_gap_low": low,
        "modality_gap_high": high,
        "matched_distance": matched_distance(images, texts),
        "relative_modality_gap": relative,
        "matched_cosine": float(matched_cosines(images, texts).mean()),
        "margin": float(np.fmin.reduce(margins)),
        "matched_share": matched_share(margins),
        "image_centre_length": float(np.linalg.norm(centre(images))),
        "text_centre_length": float(np.linalg.norm(centre(texts))),
        **shares,
    }


def undefined_measures(measures: dict[str, float]) -> list[str]:
    """Why measures of `gap_measures` are NaN, a sentence each; nothing where none is."""
    reasons = {
        "margin": "no margin: no pair has another image and another text to compare with",
        "relative_modality_gap": "no relative modality gap: a single pair, or all are one point",
    }
    return [reason for name, reason in reasons.items() if np.isnan(measures[name])]
