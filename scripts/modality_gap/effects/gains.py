"""What a move gains over the model as it is: accuracies, areas under curves, and their intervals."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.stats import chi2_contingency, rankdata

from modality_gap.data.embeddings import UndefinedError
from modality_gap.effects.moves import STEPS
from modality_gap.measures.intervals import mcnemar, number_of_units, unit_codes

RESAMPLES_AT_A_TIME = 100
FEWEST = 4  # units, of which a half has an interval
SAME = 1e-12  # values that differ by less are equal but for rounding


@dataclass
class Accuracy:
    """How surely images or queries are right under each move.

    right: from 0 to 1 (of a tie, `retrieval.hits`), shape (moves, n). groups: whole numbers from 0,
    shape (n,): accuracy is averaged within each, then over them; all 0 where it is over everything.
    baseline: what the same answer to all is worth.
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
        self,
        before: int,
        after: int,
        rows: np.ndarray,
        number: int,
        random: np.random.Generator,
        units: np.ndarray | None = None,
    ) -> np.ndarray:
        """What one move gains over another in that many resamples of the images, shape (number,).

        To resample images is to draw how many of each group change by how much. units: of all images, as
        in `intervals.unit_codes`: they are resampled, each with all of its images among the rows.
        """
        change = self.right[after, rows].astype(np.float64) - self.right[before, rows]
        codes = None if units is None else unit_codes(units[rows], len(rows))
        if codes is not None:
            return gains_of_units(change, self.groups[rows], codes, number, random)
        # Without ties: lost, the same, gained.
        levels, level = np.unique([*change, -1, 0, 1], return_inverse=True)
        cells = np.bincount(len(levels) * self.groups[rows] + level[: len(rows)])
        cells = np.pad(cells, (0, -len(cells) % len(levels)))
        drawn = random.multinomial(len(rows), cells / len(rows), size=number)
        drawn = drawn.reshape(number, -1, len(levels))
        sizes = drawn.sum(axis=2)
        gains = np.divide(drawn @ levels, sizes, out=np.zeros(sizes.shape), where=sizes > 0)
        return gains.sum(axis=1) / (sizes > 0).sum(axis=1)

    def p_values(
        self, before: int, after: int, rows: np.ndarray, units: np.ndarray | None = None
    ) -> tuple[float, float]:
        """Of `chi_squared_p` and `mcnemar`; NaN for an average over groups.

        Of ties, the latter counts how many images became surer, and how many less sure. units: of all
        images, which the latter alone heeds.
        """
        if self.groups.any():
            return math.nan, math.nan
        first, second = self.right[before, rows], self.right[after, rows]
        paired = mcnemar(second.astype(np.float64) - first, None if units is None else units[rows])
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
        self,
        before: int,
        after: int,
        rows: np.ndarray,
        number: int,
        random: np.random.Generator,
        units: np.ndarray | None = None,
    ) -> np.ndarray:
        """As `Accuracy.resampled_gains`, each class resampled by itself.

        So are units with images of both classes. NaN where a class has a single unit.
        """
        codes = None if units is None else unit_codes(units[rows], len(rows))
        if codes is not None:
            scores = self.scores[[before, after]][:, rows]
            return areas_of_units(scores, self.positive[rows], codes, number, random)
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

    def p_values(
        self, before: int, after: int, rows: np.ndarray, units: np.ndarray | None = None
    ) -> tuple[float, float]:
        """None: the tests are of accuracy."""
        return math.nan, math.nan


def gains_of_units(
    change: np.ndarray,
    groups: np.ndarray,
    codes: np.ndarray,
    number: int,
    random: np.random.Generator,
) -> np.ndarray:
    """Mean change within each group, then over groups, in resamples of the units, shape (number,).

    change, groups, codes: of each image what it changes by, its group and its unit, from 0, shape (n,).
    """
    places = codes, np.unique(groups, return_inverse=True)[1]
    sums, sizes = (coo_array((of, places)).tocsr() for of in (change, np.ones(len(change))))
    units, gains = sums.shape[0], []
    for first in range(0, number, RESAMPLES_AT_A_TIME):
        draws = min(RESAMPLES_AT_A_TIME, number - first)
        drawn = random.multinomial(units, np.full(units, 1 / units), size=draws)
        changed, images = drawn @ sums, drawn @ sizes
        means = np.divide(changed, images, out=np.zeros(images.shape), where=images > 0)
        gains.append(means.sum(axis=1) / (images > 0).sum(axis=1))
    return np.concatenate(gains)


def areas_of_units(
    scores: np.ndarray,
    positive: np.ndarray,
    codes: np.ndarray,
    number: int,
    random: np.random.Generator,
) -> np.ndarray:
    """What the second of two scorings gains in area in resamples of the units, shape (number,).

    scores: shape (2, n); positive: bool, and codes: the unit of each, from 0, shape (n,).
    """
    kinds = np.zeros(codes.max() + 1, dtype=int)
    np.bitwise_or.at(kinds, codes, np.where(positive, 1, 2))
    if min(((kinds & kind) > 0).sum() for kind in (1, 2)) < 2:
        return np.full(number, math.nan)
    gains = np.empty(number)
    for draw in range(number):
        times = np.zeros(len(kinds), dtype=int)
        for kind in np.unique(kinds):
            own = np.flatnonzero(kinds == kind)
            times[own] = random.multinomial(len(own), np.full(len(own), 1 / len(own)))
        chosen = np.repeat(np.arange(len(codes)), times[codes])
        earlier, later = area_under_curve(scores[:, chosen], positive[chosen])
        gains[draw] = later - earlier
    return gains


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
    units: np.ndarray | None = None,
) -> pd.DataFrame:
    """What moving gains over the model as it is (liang2022, Tables 1 and 5), a row a choice.

    moves: of `move_table`; outcomes: by metric; labels: the class of each image, shape (n,), which
    the halves share evenly; units: which images are not independent, shape (n,), and so stay in one
    half; None: each is its own. choice: `best`, the best shift on the images that it is evaluated on,
    as in the paper, which favours it; `held_out`, chosen on a random half and evaluated on the
    other; `closed`, the shift that brings the centres nearest to each other. Of equally good ones,
    the one nearest to 0. Columns moved, metric, choice, images (evaluated ones), units (how many
    independent ones these are), shift, centre_distance, own_distance (of the model as it is), gap (larger, smaller or same),
    baseline (of always the same answer), before, after, gain, gain_low, gain_high (95% interval of a
    paired bootstrap over these units, the choice being given; of an area NaN where a class is a
    single unit), chi_squared_p, mcnemar_p. Raises UndefinedError for fewer than FEWEST units: a half
    of one has no interval.
    """
    random = np.random.default_rng(seed)
    independent = number_of_units(units, len(labels))
    if independent < FEWEST:
        raise UndefinedError(
            f"{independent} independent images or queries, expected at least {FEWEST}: two to choose a "
            "shift on, two to judge it"
        )
    first, second = halves(labels, random, units)
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
                drawn = outcome.resampled_gains(start, place, part, bootstrap, random, units)
                judged = number_of_units(None if units is None else units[part], len(part))
                low, high = np.quantile(drawn, [0.025, 0.975])
                chi_squared, paired = outcome.p_values(start, place, part, units)
                rows.append(
                    {
                        "moved": side,
                        "metric": metric,
                        "choice": choice,
                        "images": len(part),
                        "units": judged,
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


def halves(
    labels: np.ndarray, random: np.random.Generator, units: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Two random halves of the rows, ascending, each with half of every label's.

    units: of the rows, shape (n,); then each half has half of the units with whole units, each of them
    counting for the label of its first row.
    """
    codes = unit_codes(units, len(labels))
    if codes is None:
        codes = np.arange(len(labels))
    firsts = np.unique(codes, return_index=True)[1]
    order = np.lexsort((random.permutation(len(firsts)), labels[firsts]))
    first = np.isin(codes, order[::2])
    return np.flatnonzero(first), np.flatnonzero(~first)


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
