"""Where the loss is least while the gap changes: judged from the tables of `shift_landscape`."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pandas as pd

from modality_gap.claims.estimates import of_interval
from modality_gap.claims.verdicts import (
    FAILS,
    HOLDS,
    UNDECIDED,
    Evidence,
    in_how_many,
    joint,
    judges,
    named,
    seen,
    sign,
)

PLACE = ["encoder", "corpus", "split"]
KEYS = f"{' '.join(PLACE)} scope direction temperature shift"


class Least(NamedTuple):
    """Where a loss is least: a row of its table, and the distances of centres that may be that place.

    kept: whether the least is at the model's own gap, and nothing but a neighbouring shift may be.
    """

    row: pd.Series
    low: float
    high: float
    kept: bool

    def seen(self) -> list[Evidence]:
        """It as evidence."""
        rows = self.row.to_frame().T.assign(least_low=self.low, least_high=self.high)
        return seen(rows, "centre_distance", KEYS, "least_", "batches")

    def told(self) -> str:
        """It in words, with its interval."""
        ends = "" if math.isnan(self.low) else f" [{self.low:.2f}, {self.high:.2f}]"
        return f"{self.row.centre_distance:.2f}{ends}"

    def nearer(self) -> tuple[float, float]:
        """How near and how far from a closed gap it may be."""
        ends = abs(self.low), abs(self.high)
        return (0.0 if self.low < 0 < self.high else min(ends)), max(ends)


@judges("shift_landscape", order=0)
def landscape_claims(losses: pd.DataFrame) -> Iterator[tuple]:
    """Whether the loss keeps the gap at a low temperature only; of `shift.shift_landscape`.

    losses: with columns encoder, corpus, split, and initial: the encoder that one started from.
    Encoders that others started from are left aside: what their loss is like was never trained.
    """
    trained = losses[~losses.encoder.isin(set(losses.initial.dropna()))]
    own = trained[(trained.scope == "batches") & (trained.direction == "symmetric")]
    own = own.sort_values("shift")
    lowest, highest = own.temperature.min(), own.temperature.max()
    # A batch of one pair costs nothing wherever it is: that has no least.
    curves = {
        place: dict(list(rows.groupby("temperature")))
        for place, rows in own.groupby(PLACE, sort=False)
        if (rows.groupby("temperature").loss.agg(np.ptp) > 0).all()
    }
    if not curves:
        return
    cold = {place: curve[lowest].reset_index(drop=True) for place, curve in curves.items()}
    least = {place: least_of(curve) for place, curve in cold.items()}
    gaps = {place: own_distance(curve) for place, curve in cold.items()}
    verdicts = [
        HOLDS
        if found.kept
        else UNDECIDED
        if not found.low > gap and not found.high < gap
        else FAILS
        for found, gap in zip(least.values(), gaps.values(), strict=True)
    ]
    yield (
        "L066",
        "At the lowest temperature the loss is least with the model's own gap",
        joint(verdicts),
        f"τ = {lowest:g}: {in_how_many(verdicts)}; {where(gaps, least)}",
        [one for found in least.values() for one in found.seen()],
    )
    yield from closing_claims(cold)
    yield from far_claims(cold)
    if lowest < highest:
        hot = {place: least_of(curve[highest]) for place, curve in curves.items()}
        verdicts = [smaller(hot[place], least[place]) for place in curves]
        yield (
            "L069",
            "At the highest temperature the loss is least with a smaller gap than at the lowest",
            joint(verdicts),
            f"τ = {highest:g}: {in_how_many(verdicts)}; {where(gaps, hot)}",
            [one for place in curves for found in (least, hot) for one in found[place].seen()],
        )


def least_of(curve: pd.DataFrame) -> Least:
    """Where a loss is least; curve: a row a shift.

    It may be wherever the loss is not beyond doubt above that of the least place, by the intervals of both,
    which hold for all shifts at once. Unknown, NaN, of a single batch.
    """
    curve = curve.reset_index(drop=True)
    at = curve.loss.idxmin()
    low, high = ends_of(curve, len(curve))
    possible = low <= high[at]
    if math.isnan(high[at]):
        return Least(curve.loc[at], math.nan, math.nan, False)
    distances, places = curve.centre_distance[possible], np.flatnonzero(possible)
    kept = curve["shift"][at] == 0 and np.abs(places - at).max() <= 1
    return Least(curve.loc[at], distances.min(), distances.max(), bool(kept))


def ends_of(curve: pd.DataFrame, compared: int) -> tuple[np.ndarray, np.ndarray]:
    """Intervals of the loss less that of the model as it is, which hold for so many at once."""
    estimates = [
        of_interval(row.change, row.change_high, max(row.batches - 1, 1))
        for row in curve.itertuples()
    ]
    low, high = np.array([estimate.ends(compared) for estimate in estimates]).T
    return low, high


def own_distance(curve: pd.DataFrame) -> float:
    """The distance of centres of the model as it is."""
    return float(curve.centre_distance[curve["shift"] == 0].iloc[0])


def smaller(hot: Least, cold: Least) -> str:
    """Whether one least loss is beyond doubt nearer to a closed gap than another."""
    (hot_near, hot_far), (cold_near, cold_far) = hot.nearer(), cold.nearer()
    if hot_far < cold_near:
        return HOLDS
    # What NaN is compared with is neither.
    return FAILS if hot_near >= cold_far else UNDECIDED


def closing_claims(curves: dict[tuple, pd.DataFrame]) -> Iterator[tuple]:
    """Whether a low temperature holds against closing the gap.

    curves: of each place, symmetric, at that temperature. Places whose shifts do not reach the closed
    gap are left aside.
    """
    ends = {
        place: closed
        for place, curve in curves.items()
        if abs((closed := closed_row(curve)).centre_distance) < abs(own_distance(curve)) / 2
    }
    if ends:
        rows = pd.DataFrame(ends.values())
        verdicts = [sign(row.change_low, row.change_high, 1) for row in ends.values()]
        numbers = [f"{' '.join(place)} {row.change:+.3f}" for place, row in ends.items()]
        yield (
            "L067",
            "At the lowest temperature the loss grows while the clouds are brought together",
            joint(verdicts),
            f"{heading(curves)}{in_how_many(verdicts)}; from its own gap to none {named(numbers)}",
            seen(rows, "change", KEYS, "change_", "batches"),
        )


def far_claims(curves: dict[tuple, pd.DataFrame]) -> Iterator[tuple]:
    """Whether a low temperature has another minimum with the clouds on each other's far side.

    Places whose shifts go no further than the closed gap are left aside.
    """
    found = {
        place: far_minimum(curve)
        for place, curve in curves.items()
        if (curve.centre_distance < 0).sum() > 2
    }
    if found:
        verdicts = [verdict for verdict, _ in found.values()]
        numbers = [
            f"{' '.join(place)} {f'{row.centre_distance:.2f}' if verdict == HOLDS else 'none seen'}"
            for place, (verdict, row) in found.items()
        ]
        yield (
            "L068",
            "There the loss has a local minimum with the clouds on each other's far side",
            joint(verdicts),
            f"{heading(curves)}{in_how_many(verdicts)}; distance of centres {named(numbers)}",
            seen(
                pd.DataFrame([row for _, row in found.values()]),
                "change",
                KEYS,
                "change_",
                "batches",
            ),
        )


def far_minimum(curve: pd.DataFrame) -> tuple[str, pd.Series]:
    """Whether a loss has a minimum beyond the closed gap, and the row of the least loss there.

    The intervals of all shifts hold at once. A loss that still falls at the last shift may have one
    further on: undecided.
    """
    far = curve[curve.index >= closed_row(curve).name].reset_index(drop=True)
    at = far.loss[1:].idxmin()
    low, high = ends_of(far, len(far))
    for middle in [at, *range(1, len(far) - 1)]:
        if low[:middle].max() > high[middle] and (low[middle + 1 :] > high[middle]).any():
            return HOLDS, far.loc[middle]
    rising = (np.diff(far.loss) > 0).all() and low[-1] > high[0]
    return FAILS if rising else UNDECIDED, far.loc[at]


def closed_row(curve: pd.DataFrame) -> pd.Series:
    """The row of the shift that brings the centres nearest to each other."""
    return curve.loc[curve.centre_distance.abs().idxmin()]


def heading(curves: dict[tuple, pd.DataFrame]) -> str:
    """The temperature that all curves are at, in words."""
    return f"τ = {next(iter(curves.values())).temperature.iloc[0]:g}: "


def where(own: dict[tuple, float], least: dict[tuple, Least]) -> str:
    """Each place's distance of centres with the least loss, beside the model's own."""
    texts = [
        f"{encoder} on {corpus} {split} at {least[encoder, corpus, split].told()}, own {gap:.2f}"
        for (encoder, corpus, split), gap in own.items()
    ]
    return f"distance of centres {named(texts)}"
