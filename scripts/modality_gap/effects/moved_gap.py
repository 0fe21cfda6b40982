"""What moving along the modality gap does to zero-shot classification and to retrieval.

liang2022, Sec. 5.1, Tables 1 and 5, Fig. 10; chowers2026, Fig. 2.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2_contingency, rankdata

from modality_gap.data.embeddings import UndefinedError, matched_pairs
from modality_gap.effects.shifted_ranks import moved_scales, shifted_ranks
from modality_gap.measures.gap import gap_vector
from modality_gap.measures.intervals import mcnemar
from modality_gap.measures.retrieval import chance_recall, hits

# What an image and a text are moved along the unit gap, as shares of the shift.
SIDES = {"both": (-0.5, 0.5), "images": (-1.0, 0.0), "texts": (0.0, 1.0)}
STEPS = ["image_step", "text_step"]
ROWS_AT_A_TIME = 4096
RESAMPLES_AT_A_TIME = 100
SAME = 1e-12  # values that differ by less are equal but for rounding


@dataclass
class Direction:
    """A unit vector from texts to images, and the embeddings that it comes from, where known."""

    unit: np.ndarray
    images: np.ndarray | None = None
    texts: np.ndarray | None = None


def gap_direction(images: np.ndarray, texts: np.ndarray) -> Direction:
    """The direction from the centre of texts to that of images; shape (n, d) and (m, d)."""
    gap = gap_vector(images, texts)
    if not gap.any():
        raise UndefinedError("the two centres coincide: there is no gap to move along")
    return Direction(gap / np.linalg.norm(gap), images, texts)


def given_direction(vector: np.ndarray) -> Direction:
    """The direction of a vector, shape (d,), that leads from texts to images."""
    vector = np.asarray(vector, dtype=np.float64)
    if vector.ndim != 1 or not np.isfinite(vector).all() or not vector.any():
        raise ValueError(
            f"direction: expected a finite vector (d,) other than 0, got shape {vector.shape}"
        )
    return Direction(vector / np.linalg.norm(vector))


def shift_grid(first: float, last: float, number: int) -> list[float]:
    """Equally spaced shifts, 0 (the model as it is) always among them."""
    return sorted({0.0, *(float(shift) for shift in np.linspace(first, last, number).round(9))})


@dataclass
class Accuracy:
    """How surely images or queries are right under each move.

    right: from 0 to 1 (of a tie, `retrieval.hits`), shape (moves, n). groups: whole numbers from 0, shape (n,): accuracy is averaged
    within each, then over them; all 0 where it is over everything. baseline: what it is worth.
    """

    right: np.ndarray
    groups: np.ndarray
    baseline: float

    def values(self, rows: np.ndarray) -> np.ndarray:
        """Accuracy on some of the images under every move, shape (moves,)."""
        _, members = np.unique(self.groups[rows], return_inverse=True)
        sizes = np.bincount(members)
        return np.array(
            [(np.bincount(members, right[rows]) / sizes).mean() for right in self.right]
        )

    def resampled_gains(
        self, before: int, after: int, rows: np.ndarray, number: int, random: np.random.Generator
    ) -> np.ndarray:
        """What one move gains over another in that many resamples of the images, shape (number,).

        To resample images is to draw how many of each group change by how much.
        """
        change = self.right[after, rows].astype(np.float64) - self.right[before, rows]
        # Without ties: lost, the same, gained.
        levels, level = np.unique([*change, -1, 0, 1], return_inverse=True)
        cells = np.bincount(len(levels) * self.groups[rows] + level[: len(rows)])
        cells = np.pad(cells, (0, -len(cells) % len(levels)))
        drawn = random.multinomial(len(rows), cells / len(rows), size=number)
        drawn = drawn.reshape(number, -1, len(levels))
        sizes = drawn.sum(axis=2)
        gains = np.divide(drawn @ levels, sizes, out=np.zeros(sizes.shape), where=sizes > 0)
        return gains.sum(axis=1) / (sizes > 0).sum(axis=1)

    def p_values(self, before: int, after: int, rows: np.ndarray) -> tuple[float, float]:
        """Of `chi_squared_p` and `mcnemar`; NaN for an average over groups.

        Of ties, the latter counts how many images became surer, and how many less sure.
        """
        if self.groups.any():
            return math.nan, math.nan
        first, second = self.right[before, rows], self.right[after, rows]
        paired = mcnemar((second > first).sum(), (first > second).sum())
        return chi_squared_p(first.sum(), second.sum(), len(rows)), paired


@dataclass
class AreaUnderCurve:
    """Scores of images under each move, shape (moves, n), and which are positive, shape (n,)."""

    scores: np.ndarray
    positive: np.ndarray
    baseline: float = 0.5

    def values(self, rows: np.ndarray) -> np.ndarray:
        """Area under the ROC curve on some of the images under every move, shape (moves,)."""
        return area_under_curve(self.scores[:, rows], self.positive[rows])

    def resampled_gains(
        self, before: int, after: int, rows: np.ndarray, number: int, random: np.random.Generator
    ) -> np.ndarray:
        """As `Accuracy.resampled_gains`, each class resampled by itself."""
        rows = rows[np.argsort(~self.positive[rows], kind="stable")]
        positive, gains = self.positive[rows], []
        for first in range(0, number, RESAMPLES_AT_A_TIME):
            draws = min(RESAMPLES_AT_A_TIME, number - first)
            chosen = np.hstack(
                [random.choice(rows[kind], (draws, kind.sum())) for kind in (positive, ~positive)]
            )
            later, earlier = (
                area_under_curve(self.scores[move][chosen], positive) for move in (after, before)
            )
            gains.append(later - earlier)
        return np.concatenate(gains)

    def p_values(self, before: int, after: int, rows: np.ndarray) -> tuple[float, float]:
        """None: the tests are of accuracy."""
        return math.nan, math.nan


def area_under_curve(scores: np.ndarray, positive: np.ndarray) -> np.ndarray:
    """Share of (positive, negative) pairs in the right order, a tie counting half; shape (k,).

    scores: shape (k, n); positive: bool, shape (n,).
    """
    number, others = positive.sum(), (~positive).sum()
    if number == 0 or others == 0:
        raise ValueError(f"{number} positive and {others} negative images, expected some of each")
    ranks = rankdata(scores, axis=1)[:, positive].sum(axis=1)
    return (ranks - number * (number + 1) / 2) / (number * others)


def chi_squared_p(before: float, after: float, number: int) -> float:
    """Significance of two accuracies over as many images by Pearson's χ² (liang2022, Table 5).

    before, after: numbers of right images out of `number`. No continuity correction, and as if
    the images were different ones each time, as the paper has it.
    """
    right = before + after
    if right in (0, 2 * number):
        return 1.0
    table = [[before, number - before], [after, number - after]]
    return float(chi2_contingency(table, correction=False).pvalue)


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
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Zero-shot accuracy under every move, and what the best ones gain (liang2022, Sec. 5.1).

    images, classes: shape (n, d) and (c, d), rows of unit length, c at least 2; labels: the class
    row of each image, shape (n,). moved: of `SIDES`; shifts: how far in all, 0 among them.
    positive: of two classes, the one whose area under the ROC curve is measured, or None.
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
            shift_gains(moves, outcomes, labels, bootstrap, seed),
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


def moved_cosines(
    images: np.ndarray, texts: np.ndarray, unit: np.ndarray, steps: np.ndarray
) -> np.ndarray:
    """Cosines of images and texts under every move, shape (moves, n, m), float64; for few texts."""
    x, y = images.astype(np.float64), texts.astype(np.float64)
    image_steps, text_steps = np.asarray(steps)[:, :, None, None].swapaxes(0, 1)
    cosines = x @ y.T + image_steps * (y @ unit) + text_steps * (x @ unit)[:, None]
    cosines += image_steps * text_steps
    cosines *= moved_scales(x, unit, image_steps.ravel())[:, :, None]
    cosines *= moved_scales(y, unit, text_steps.ravel())[:, None, :]
    return cosines


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
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Recall@k under every move along the gap, in both directions (cf. chowers2026, Fig. 2b).

    images, texts: shape (n, d) and (m, d), rows of unit length, each distinct text once; pairs:
    every (image row, text row) that belong together, shape (p, 2); matched: which of them are
    matched pairs, bool, shape (p,): the gap, and every centre distance, is of these.
    Returns the curves, columns direction (image_to_text: images are the queries, and all texts the
    items), moved, shift, centre_distance, metric (recall@k), value, baseline (a random order), k;
    and the columns of `shift_gains` after direction, over queries instead of images.
    """
    own = matched_pairs(pairs, matched)
    gap = gap_direction(images[own[:, 0]], texts[own[:, 1]])
    moves = move_table(gap.images, gap.texts, gap, moved, shifts)
    chances = chance_recall(pairs, ks)
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
        found = curve, shift_gains(moves, outcomes, together, bootstrap, seed)
        for tables, table in zip((curves, gains), found, strict=True):
            table.insert(0, "direction", direction)
            tables.append(table)
    return pd.concat(curves, ignore_index=True), pd.concat(gains, ignore_index=True)


def move_table(
    images: np.ndarray,
    texts: np.ndarray,
    direction: Direction,
    moved: list[str],
    shifts: list[float],
) -> pd.DataFrame:
    """Every move, and how far apart it leaves the centres.

    Columns moved, shift, image_step, text_step (along the unit gap, before re-normalisation),
    centre_distance and reference_distance, of what the direction comes from (NaN where unknown).
    """
    rows = [
        (side, shift, *(part * shift for part in SIDES[side])) for side in moved for shift in shifts
    ]
    table = pd.DataFrame(rows, columns=["moved", "shift", *STEPS])
    steps = table[STEPS].to_numpy()
    table["centre_distance"] = centre_distances(images, texts, direction.unit, steps)
    table["reference_distance"] = (
        math.nan
        if direction.images is None
        else centre_distances(direction.images, direction.texts, direction.unit, steps)
    )
    return table


def centre_distances(
    images: np.ndarray, texts: np.ndarray, unit: np.ndarray, steps: np.ndarray
) -> np.ndarray:
    """Distance of the centres under every move, negative once they have passed each other.

    Shape (moves,); steps: of images and texts along the unit vector, shape (moves, 2).
    """
    apart = moved_centres(images, unit, steps[:, 0]) - moved_centres(texts, unit, steps[:, 1])
    return np.where(apart @ unit < 0, -1, 1) * np.linalg.norm(apart, axis=1)


def moved_centres(rows: np.ndarray, unit: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Mean of normalize(x + step·u) for every step, shape (steps, d), float64."""
    distinct, which = np.unique(steps, return_inverse=True)
    sums = np.zeros((len(distinct), rows.shape[1]))
    for first in range(0, len(rows), ROWS_AT_A_TIME):
        block = rows[first : first + ROWS_AT_A_TIME].astype(np.float64)
        scales = moved_scales(block, unit, distinct)
        sums += scales @ block + np.outer(scales.sum(axis=1) * distinct, unit)
    return sums[which] / len(rows)


def curve_table(
    moves: pd.DataFrame, outcomes: dict[str, Accuracy | AreaUnderCurve], number: int
) -> pd.DataFrame:
    """A row a metric and move: those of `move_table` without the steps; metric, value, baseline.

    number: of images or queries.
    """
    everything = np.arange(number)
    tables = [
        moves.drop(columns=STEPS).assign(
            metric=metric, value=outcome.values(everything), baseline=outcome.baseline
        )
        for metric, outcome in outcomes.items()
    ]
    return pd.concat(tables, ignore_index=True)


def shift_gains(
    moves: pd.DataFrame,
    outcomes: dict[str, Accuracy | AreaUnderCurve],
    labels: np.ndarray,
    bootstrap: int,
    seed: int,
) -> pd.DataFrame:
    """What moving gains over the model as it is (liang2022, Tables 1 and 5), a row a choice.

    moves: of `move_table`; outcomes: by metric; labels: the class of each image, shape (n,), which
    the halves share evenly. choice: `best`, the best shift on the images that it is evaluated on,
    as in the paper, which favours it; `held_out`, chosen on a random half and evaluated on the
    other; `closed`, the shift that brings the centres nearest to each other. Of equally good ones,
    the one nearest to 0. Columns moved, metric, choice, images (evaluated ones), shift,
    centre_distance, own_distance (of the model as it is), gap (larger, smaller or same),
    baseline (of always the same answer), before, after, gain, gain_low, gain_high (95% interval of a paired bootstrap over these images, the
    choice being given), chi_squared_p, mcnemar_p.
    """
    random = np.random.default_rng(seed)
    if len(labels) < 2:
        raise UndefinedError(
            f"{len(labels)} image or query, expected at least 2: one to choose a shift on, one to judge it"
        )
    first, second = halves(labels, random)
    everything, rows = np.arange(len(labels)), []
    for metric, outcome in outcomes.items():
        whole, half, other = (outcome.values(part) for part in (everything, first, second))
        for side, own in moves.groupby("moved", sort=False):
            start = own.index[own["shift"] == 0][0]
            for choice, place, values, part in (
                ("best", best_place(whole, own), whole, everything),
                ("held_out", best_place(half, own), other, second),
                ("closed", best_place(-moves.centre_distance.abs(), own), whole, everything),
            ):
                drawn = outcome.resampled_gains(start, place, part, bootstrap, random)
                low, high = np.quantile(drawn, [0.025, 0.975])
                chi_squared, paired = outcome.p_values(start, place, part)
                rows.append(
                    {
                        "moved": side,
                        "metric": metric,
                        "choice": choice,
                        "images": len(part),
                        "shift": moves["shift"][place],
                        "centre_distance": moves.centre_distance[place],
                        "own_distance": moves.centre_distance[start],
                        "gap": gap_change(moves.centre_distance, start, place),
                        "baseline": outcome.baseline,
                        "before": values[start],
                        "after": values[place],
                        "gain": values[place] - values[start],
                        "gain_low": low,
                        "gain_high": high,
                        "chi_squared_p": chi_squared,
                        "mcnemar_p": paired,
                    }
                )
    return pd.DataFrame(rows)


def halves(labels: np.ndarray, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two random halves of the rows, ascending, each with half of every label's."""
    order = np.lexsort((random.permutation(len(labels)), labels))
    return np.sort(order[::2]), np.sort(order[1::2])


def best_place(values: np.ndarray | pd.Series, own: pd.DataFrame) -> int:
    """The row of the moves `own` with the highest value; of equal ones that nearest to shift 0."""
    values = np.asarray(values)[own.index]
    best = own["shift"][values >= values.max() - SAME]
    return int(best.abs().idxmin())


def gap_change(distances: pd.Series, start: int, place: int) -> str:
    """Whether a move makes the gap larger or smaller, or is none."""
    if place == start:
        return "same"
    return "larger" if abs(distances[place]) > abs(distances[start]) else "smaller"
