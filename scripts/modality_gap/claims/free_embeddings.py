"""What descent without a network leaves of the gap: judged from the tables of `free_embeddings`."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from modality_gap.claims.verdicts import (
    FAILS,
    HOLDS,
    PARTLY,
    UNDECIDED,
    interval,
    joint,
    judges,
    sign,
)
from modality_gap.measures.intervals import mean_interval

NEARLY_ZERO = 0.05  # of cosines, and of local gaps' spread beside that of the embeddings
GAP_LEFT = 0.1  # of a gap at the start: less has no direction to speak of
FREE, LARGE = 0.01, 1.0  # losses, in nats: what costs nothing, and what costs much
EARLY = 100  # steps: chowers2026, Fig. 5, draws the first 25 and 100


@judges("plane_records", order=4)
def plane_claims(records: pd.DataFrame) -> Iterator[tuple]:
    """What descent in the plane does to the gap; of `plane_descent.descend_in_plane`."""
    kept = share_kept(records, ["start", "deviation", "temperature", "seed"])
    tight = mean_interval(kept[kept.index.get_level_values("start") == "isotropic"])
    yield (
        "chowers2026, Fig. 4 (top)",
        "Descent in the plane from tight clusters keeps the gap",
        HOLDS if abs(tight[0] - 1) < 0.1 else FAILS,
        f"{interval(*tight)} of it are left",
    )
    collapsed = kept["collapsed"].groupby(["deviation", "temperature"]).mean()
    closed = collapsed < 0.1
    yield (
        "chowers2026, Fig. 11",
        "From clusters without variance along the gap, descent closes it",
        HOLDS if closed.all() else PARTLY if closed.any() else FAILS,
        "left at "
        + ", ".join(f"σ = {s:g}, τ = {t:g}: {share:.2f}" for (s, t), share in collapsed.items()),
    )
    yield from order_of_descent(records[records.start == "isotropic"])


def order_of_descent(records: pd.DataFrame) -> Iterator[tuple]:
    """What descent from tight clusters does first, and what in the end; rows of such starts."""
    first, again = [], []
    for _, run in records.groupby(["deviation", "temperature", "seed"]):
        run = run.sort_values("step")
        start, early = run.iloc[0], run[(run.step > 0) & (run.step <= EARLY)]
        least = early.loc[early.variance_along_gap.idxmin()]
        along, across = (f"variance_{which}_gap" for which in ("along", "across"))
        first.append(
            log_ratio(least[along], start[along]) - log_ratio(least[across], start[across])
        )
        again.append(log_ratio(run.assignment_variance.iloc[-1], start.assignment_variance))
    for source, claim, what, logs in (
        (
            "Fig. 5",
            f"In the first {EARLY} steps, clusters lose their variance along the gap first",
            "variance along the gap over that across it",
            first,
        ),
        (
            "Fig. 6 (left)",
            "By the end each point is chosen as often as any other",
            "variance of the sums of shares",
            again,
        ),
    ):
        found = mean_interval(logs)
        mean, low, high = np.exp(found)
        ends = "" if np.isnan(low) else f" [{low:.1g}, {high:.1g}]"
        numbers = f"{what}: {mean:.1g}{ends} of the start's, {len(logs)} runs"
        yield f"chowers2026, {source}", claim, sign(*found[1:], -1), numbers


def log_ratio(after: float, before: float) -> float:
    """Logarithm of what is left of a variance; of none, that of the least that float64 has."""
    return float(np.log(max(after, np.finfo(np.float64).tiny) / before))


@judges("sphere_records", order=4)
def sphere_claims(records: pd.DataFrame) -> Iterator[tuple]:
    """What descent on the sphere leaves of the gap; of `batched_descent.descend_on_sphere`."""
    kept = share_kept(records, ["run", "dimension", "pairs", "temperature", "seed"])
    left = kept.groupby(["run", "dimension", "pairs", "temperature"]).mean()
    large = left > 0.5
    yield (
        "chowers2026, Figs. 4 (bottom), 16",
        "Descent on the sphere leaves most of the gap",
        HOLDS if large.all() else PARTLY if large.any() else FAILS,
        "left in "
        + ", ".join(
            f"{d} dimensions with {n} pairs, τ = {t:g}: {share:.2f}"
            for (_, d, n, t), share in left.items()
        ),
    )


@judges("plane_records", "sphere_records", order=4)
def local_gap_claims(plane: pd.DataFrame, sphere: pd.DataFrame) -> Iterator[tuple]:
    """Whether all local gaps end equal, and orthogonal to the embeddings where a gap is left.

    Of runs from tight, isotropic clusters; arguments as above.
    """
    plane = plane[plane.start == "isotropic"].assign(run="plane")
    keys = ["run", "temperature", "seed"]
    runs = pd.concat([plane, sphere]).sort_values("step", kind="stable").groupby(keys, sort=False)
    first, last = runs.first(), runs.last()
    left = last[last.modality_gap > GAP_LEFT * first.modality_gap]
    for claim, end, measure in (
        ("Local gaps end equal", last, "local_gap_spread"),
        ("Where a gap is left, it is orthogonal to the embeddings", left, "gap_cosine"),
    ):
        found = end.groupby("run", sort=False)[measure].max()
        small = found < NEARLY_ZERO
        verdict = HOLDS if small.all() else PARTLY if small.any() else FAILS
        begun = first[measure].groupby("run", sort=False).max()
        yield (
            "chowers2026, Theorem 3.2",
            f"{claim} ({measure.replace('_', ' ')} below {NEARLY_ZERO:g})",
            verdict if len(found) else UNDECIDED,
            ", ".join(
                f"{run.replace('_', ' ')}: {begun[run]:.2g} to {value:.2g}"
                for run, value in found.items()
            )
            or "no run has a gap left",
        )


@judges("loss_arrangements", order=4)
def arrangement_claims(arrangements: pd.DataFrame) -> Iterator[tuple]:
    """What a gap costs, and what wrong partners do; of `loss_geometry.arrangement_table`."""
    lowest = arrangements.temperature.min()
    found = arrangements[arrangements.temperature == lowest].groupby("arrangement", sort=False)
    losses = found.loss.first()
    cost = losses["gap, every pair matched"] - losses["pairs coincide"]
    wrong = losses.drop(["gap, every pair matched", "pairs coincide"])
    yield (
        "chowers2026, Fig. 3",
        "Where every pair is matched a gap costs nothing, and wrong partners cost much",
        HOLDS if abs(cost) < FREE and wrong.min() > LARGE else FAILS,
        f"at τ = {lowest:g} the gap costs {cost:.2g}; loss of "
        + ", ".join(f"{name} {loss:.3g}" for name, loss in losses.items()),
    )


@judges("sphere_sweep", order=4)
def sweep_claims(sweep: pd.DataFrame) -> Iterator[tuple]:
    """Which gaps descent closes, by temperature; of `batched_descent.sweep_sphere`."""
    last = sweep.sort_values("step").groupby(["temperature", "dimension", "initial_gap", "seed"])
    last = last.modality_gap.last().rename("gap").reset_index()
    closed = last[last.initial_gap == 0]
    if len(closed):
        yield (
            "chowers2026, Fig. 17",
            "Where descent starts without a gap it ends without one, at any temperature",
            joint([HOLDS if gap < GAP_LEFT else FAILS for gap in closed.gap]),
            f"gap of {closed.gap.max():.3f} at most after {len(closed)} runs",
        )
    hot = last[(last.initial_gap > 0) & (last.temperature >= 1)]
    if len(hot):
        left = (hot.gap / hot.initial_gap).groupby([hot.temperature, hot.dimension]).mean()
        yield (
            "chowers2026, Fig. 17",
            "From τ = 1 on, descent closes the gap",
            joint([HOLDS if share < GAP_LEFT else FAILS for share in left]),
            "left at "
            + ", ".join(
                f"τ = {t:g} in {d} dimensions: {share:.2f}" for (t, d), share in left.items()
            ),
        )


@judges("shared_caption", order=4)
def caption_claims(runs: pd.DataFrame) -> Iterator[tuple]:
    """Whether two images end on the caption that they share; of `shared_caption_table`."""
    kept = share_kept(runs, ["loss_form", "initial_gap", "seed"])
    for form, own in kept.groupby("loss_form", sort=False):
        left = own.groupby("initial_gap").mean()
        yield (
            "chowers2026, App. B",
            f"Two images with one caption end on it, without a gap (loss {form})",
            joint([HOLDS if share < GAP_LEFT else FAILS for share in left]),
            "left of it: " + ", ".join(f"{share:.2f} of {gap:g}" for gap, share in left.items()),
        )


def share_kept(records: pd.DataFrame, keys: list[str]) -> pd.Series:
    """The gap at the last step over that at the first, for each combination of the keys."""
    gaps = records.sort_values("step").groupby(keys).modality_gap
    return gaps.last() / gaps.first()
