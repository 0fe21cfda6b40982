"""What moving along the modality gap does to zero-shot classification and to retrieval.

liang2022, Sec. 5.1, Tables 1 and 5, Fig. 10; chowers2026, Fig. 2.
"""

import numpy as np
import pandas as pd

from modality_gap.data.embeddings import matched_pairs
from modality_gap.effects.gains import Accuracy, AreaUnderCurve, curve_table, shift_gains
from modality_gap.effects.moves import STEPS, Direction, gap_direction, move_table, moved_cosines
from modality_gap.effects.shifted_ranks import shifted_ranks
from modality_gap.measures.retrieval import chance_recall, hits
from modality_gap.measures.samples import text_units


def zero_shot_table(
    images: np.ndarray,
    classes: np.ndarray,
    labels: np.ndarray,
    directions: dict[str, Direction],
    moved: list[str],
    shifts: list[float],
    positive: int | None,
    bootstrap: int,
    seed: int,
    units: np.ndarray | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Zero-shot accuracy under every move, and what the best ones gain (liang2022, Sec. 5.1).

    images, classes: shape (n, d) and (c, d), rows of unit length, c at least 2; labels: the class
    row of each image, shape (n,). moved: of `SIDES`; shifts: how far in all, 0 among them.
    positive: of two classes, the one whose area under the ROC curve is measured, or None. units: which
    images are not independent, shape (n,); None: each is its own.
    Returns the curves, columns direction, moved, shift, centre_distance (signed, of images and
    class texts), reference_distance (the same of what the direction comes from), metric (top_1,
    top_5, mean_per_class, roc_auc), value, baseline (of always the same answer); and the columns
    of `shift_gains` after direction.
    """
    if len(classes) < 2:
        raise ValueError(f"{len(classes)} class, expected at least 2 to tell apart")
    curves, gains = [], []
    for name, direction in directions.items():
        moves = move_table(images, classes, direction, moved, shifts)
        outcomes = zero_shot_outcomes(images, classes, labels, direction.unit, moves, positive)
        found = (
            curve_table(moves, outcomes, len(images)),
            shift_gains(moves, outcomes, labels, bootstrap, seed, units),
        )
        for tables, table in zip((curves, gains), found, strict=True):
            table.insert(0, "direction", name)
            tables.append(table)
    return pd.concat(curves, ignore_index=True), pd.concat(gains, ignore_index=True)


def zero_shot_outcomes(
    images: np.ndarray,
    classes: np.ndarray,
    labels: np.ndarray,
    unit: np.ndarray,
    moves: pd.DataFrame,
    positive: int | None = None,
) -> dict[str, Accuracy | AreaUnderCurve]:
    """What becomes of every image under every move, by metric; see `zero_shot_table`."""
    n, steps = len(images), moves[STEPS].to_numpy()
    ranks = shifted_ranks(images, classes, np.column_stack([np.arange(n), labels]), unit, steps)
    sizes = np.sort(np.bincount(labels))[::-1]
    together = np.zeros(n, dtype=int)
    found = {
        f"top_{k}": Accuracy(hits(ranks, k), together, sizes[:k].sum() / n)
        for k in (1, 5)
        if k < len(classes)
    }
    found["mean_per_class"] = Accuracy(hits(ranks, 1), labels, 1 / (sizes > 0).sum())
    if positive is not None:
        scores = binary_scores(images, classes, positive, unit, steps)
        found["roc_auc"] = AreaUnderCurve(scores, labels == positive)
    return found


def binary_scores(
    images: np.ndarray, classes: np.ndarray, positive: int, unit: np.ndarray, steps: np.ndarray
) -> np.ndarray:
    """How much more similar each image is to the positive class, shape (moves, n), float64.

    In the order of softmax(100·cos), liang2022's score, which rounds to 1 where this does not.
    """
    if len(classes) != 2:
        raise ValueError(f"roc_auc: {len(classes)} classes, expected 2")
    cosines = moved_cosines(images, classes, unit, steps)
    return cosines[:, :, positive] - cosines[:, :, 1 - positive]


def shifted_recall_table(
    images: np.ndarray,
    texts: np.ndarray,
    pairs: np.ndarray,
    matched: np.ndarray,
    moved: list[str],
    shifts: list[float],
    ks: list[int],
    bootstrap: int,
    seed: int,
    units: np.ndarray | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Recall@k under every move along the gap, in both directions (cf. chowers2026, Fig. 2b).

    images, texts: shape (n, d) and (m, d), rows of unit length, each distinct text once; pairs:
    every (image row, text row) that belong together, shape (p, 2); matched: which of them are
    matched pairs, bool, shape (p,): the gap, and every centre distance, is of these. units: which
    images are not independent, numbered from 0, shape (n,); None: each is its own.
    Returns the curves, columns direction (image_to_text: images are the queries, and all texts the
    items), moved, shift, centre_distance, metric (recall@k), value, baseline (a random order), k;
    and the columns of `shift_gains` after direction, over queries instead of images.
    """
    own = matched_pairs(pairs, matched)
    gap = gap_direction(images[own[:, 0]], texts[own[:, 1]])
    moves = move_table(gap.images, gap.texts, gap, moved, shifts)
    chances = chance_recall(pairs, ks)
    of_images = np.arange(len(images)) if units is None else units
    of_texts = text_units(pairs, of_images, len(texts))
    curves, gains = [], []
    for direction, queries, items, matches, steps in (
        ("image_to_text", images, texts, pairs, moves[STEPS]),
        ("text_to_image", texts, images, pairs[:, ::-1], moves[STEPS[::-1]]),
    ):
        rows, query = np.unique(matches[:, 0], return_inverse=True)
        numbered = np.column_stack([query, matches[:, 1]])
        ranks = shifted_ranks(queries[rows], items, numbered, gap.unit, steps.to_numpy())
        together = np.zeros(len(rows), dtype=int)
        outcomes = {
            f"recall@{k}": Accuracy(hits(ranks, k), together, chances[direction, k]) for k in ks
        }
        curve = curve_table(moves, outcomes, len(rows)).drop(columns="reference_distance")
        curve["k"] = curve.metric.str.removeprefix("recall@").astype(int)
        own = of_images if direction == "image_to_text" else of_texts
        found = curve, shift_gains(moves, outcomes, together, bootstrap, seed, own[rows])
        for tables, table in zip((curves, gains), found, strict=True):
            table.insert(0, "direction", direction)
            tables.append(table)
    return pd.concat(curves, ignore_index=True), pd.concat(gains, ignore_index=True)
