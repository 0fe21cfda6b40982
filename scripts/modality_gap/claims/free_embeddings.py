"""What descent without a network leaves of the gap: judged from the tables of `free_embeddings`."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from modality_gap.claims.verdicts import (
    FAILS,
    HOLDS,
    PARTLY,
    UNDECIDED,
    computed,
    interval,
    joint,
    judges,
    seen,
    sign,
)
from modality_gap.measures.intervals import mean_interval

NEARLY_ZERO = 0.05  # of cosines, and of local gaps' spread beside that of the embeddings
GAP_LEFT = 0.1  # of a gap at the start: less has no direction to speak of
FREE, LARGE = 0.01, 1.0  # losses, in nats: what costs nothing, and what costs much
DOUBLY_STOCHASTIC = 1e-6  # variance of the sums of shares: less is none
HOT, WIDE = 10, 256  # chowers2026, Fig. 17 (bottom): temperature and dimensions
LEFT = "last modality_gap over the first"
FEW = 3  # dimensions: chowers2026, Fig. 4 (bottom); Figs. 12 and 16 have 64 and 512
PAPERS_LINES = (0.01, 0.1)  # σ and τ of chowers2026, Fig. 11 (bottom)
EARLY = 100  # steps: chowers2026, Fig. 5, draws the first 25 and 100


@judges("plane_records", order=4)
def plane_claims(records: pd.DataFrame) -> Iterator[tuple]:
    """What descent in the plane does to the gap; of `plane_descent.descend_in_plane`."""
    kept = share_kept(records, ["start", "deviation", "temperature", "seed"])
    runs = int((kept.index.get_level_values("start") == "isotropic").sum())
    tight = mean_interval(kept[kept.index.get_level_values("start") == "isotropic"])
    yield (
        "C013",
        "Descent in the plane from tight clusters keeps the gap",
        HOLDS if abs(tight[0] - 1) < 0.1 else FAILS,
        f"{interval(*tight)} of it are left",
        [computed(records, f"{LEFT} where start=isotropic", tight[0], tight[1:], runs)],
    )
    collapsed = kept["collapsed"].groupby(["deviation", "temperature"]).mean()
    if (own := collapsed[collapsed.index == PAPERS_LINES]).size:
        collapsed = own
    closed = collapsed < GAP_LEFT
    yield (
        "C061",
        "From clusters without variance along the gap, descent closes it",
        HOLDS if closed.all() else PARTLY if closed.any() else FAILS,
        "left at "
        + ", ".join(f"σ = {s:g}, τ = {t:g}: {share:.2f}" for (s, t), share in collapsed.items()),
        [
            computed(
                records,
                f"{LEFT} where start=collapsed and deviation={s:g} and temperature={t:g}",
                share,
            )
            for (s, t), share in collapsed.items()
        ],
    )
    yield from order_of_descent(records[records.start == "isotropic"])
    yield from choice_claims(records[records.start == "isotropic"])


def choice_claims(records: pd.DataFrame) -> Iterator[tuple]:
    """Whether points near the other modality are chosen too often at the start; rows of tight starts.

    Shares are doubly stochastic where the sums of shares do not vary: all are 1.
    """
    first = records.sort_values("step").groupby(["deviation", "temperature", "seed"]).first()
    varies = first.assignment_variance
    found = mean_interval(varies)
    yield (
        "C027",
        "At the start the shares are not doubly stochastic: some points are chosen more than others",
        HOLDS if (varies > DOUBLY_STOCHASTIC).all() else FAILS,
        f"variance of the sums of shares {interval(*found)}, {len(varies)} runs; least {varies.min():.2g}",
        [computed(records, "assignment_variance where step=0", found[0], found[1:], len(varies))],
    )


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
            "C023",
            f"In the first {EARLY} steps, clusters lose their variance along the gap first",
            "variance along the gap over that across it",
            first,
        ),
        (
            "C025",
            "By the end each point is chosen as often as any other",
            "variance of the sums of shares",
            again,
        ),
    ):
        found = mean_interval(logs)
        mean, low, high = np.exp(found)
        ends = "" if np.isnan(low) else f" [{low:.1g}, {high:.1g}]"
        numbers = f"{what}: {mean:.1g}{ends} of the start's, {len(logs)} runs"
        evidence = [computed(records, f"log of the {what}", *found[:1], found[1:], len(logs))]
        yield source, claim, sign(*found[1:], -1), numbers, evidence


def log_ratio(after: float, before: float) -> float:
    """Logarithm of what is left of a variance; of none, that of the least that float64 has."""
    return float(np.log(max(after, np.finfo(np.float64).tiny) / before))


@judges("sphere_records", order=4)
def sphere_claims(records: pd.DataFrame) -> Iterator[tuple]:
    """What descent on the sphere leaves of the gap; of `batched_descent.descend_on_sphere`."""
    kept = share_kept(records, ["run", "dimension", "pairs", "temperature", "seed"])
    left = kept.groupby(["run", "dimension", "pairs", "temperature"]).mean()
    few = left.index.get_level_values("dimension") <= FEW
    for ids, where, own in (
        ("C015", f"In {FEW} dimensions or fewer", left[few]),
        ("C078", f"In more than {FEW} dimensions", left[~few]),
    ):
        if own.empty:
            continue
        large = own > 0.5
        yield (
            ids,
            f"{where}, descent on the sphere leaves most of the gap",
            HOLDS if large.all() else PARTLY if large.any() else FAILS,
            "left in "
            + ", ".join(
                f"{d} dimensions with {n} pairs, τ = {t:g}: {share:.2f}"
                for (_, d, n, t), share in own.items()
            ),
            [
                computed(
                    records,
                    f"{LEFT} where run={run} and dimension={d} and pairs={n} and temperature={t:g}",
                    share,
                )
                for (run, d, n, t), share in own.items()
            ],
        )
    yield from even_claims(records)


def even_claims(records: pd.DataFrame) -> Iterator[tuple]:
    """Whether on the sphere, too, the sums of shares draw together, over all runs."""
    runs = records.sort_values("step").groupby(["run", "dimension", "pairs", "temperature", "seed"])
    first, last = runs.assignment_variance.first(), runs.assignment_variance.last()
    logs = [log_ratio(after, before) for after, before in zip(last, first, strict=True)]
    found = mean_interval(logs)
    share, *ends = np.exp(found)
    told = "" if np.isnan(ends[0]) else f" [{ends[0]:.1g}, {ends[1]:.1g}]"
    yield (
        "C063",
        "On the sphere each point is chosen as often as any other by the end",
        sign(*found[1:], -1) if len(logs) > 1 else HOLDS if found[0] < 0 else FAILS,
        f"variance of the sums of shares: {share:.1g}{told} of the start's, {len(logs)} runs",
        [
            computed(
                records,
                "log of the last assignment_variance over the first",
                found[0],
                found[1:],
                len(logs),
            )
        ],
    )


@judges("plane_records", "sphere_records", order=4)
def local_gap_claims(plane: pd.DataFrame, sphere: pd.DataFrame) -> Iterator[tuple]:
    """Whether all local gaps end equal, and orthogonal to the embeddings where a gap is left.

    Of runs from tight, isotropic clusters; arguments as above.
    """
    plane = plane[plane.start == "isotropic"].assign(run="plane")
    keys = ["run", "temperature", "seed"]
    both = pd.concat([plane, sphere]).sort_values("step", kind="stable")
    runs = both.groupby(keys, sort=False)
    first, last = runs.first(), runs.last()
    left = last[last.modality_gap > GAP_LEFT * first.modality_gap]
    for ids, claim, end, measure in (
        ("C024", "Local gaps end equal", last, "local_gap_spread"),
        (
            "C014 C024 C079",
            "Where a gap is left, it is orthogonal to the embeddings",
            left,
            "gap_cosine",
        ),
    ):
        found = end.groupby("run", sort=False)[measure].max()
        small = found < NEARLY_ZERO
        verdict = HOLDS if small.all() else PARTLY if small.any() else FAILS
        begun = first[measure].groupby("run", sort=False).max()
        yield (
            ids,
            f"{claim} ({measure.replace('_', ' ')} below {NEARLY_ZERO:g})",
            verdict if len(found) else UNDECIDED,
            ", ".join(
                f"{run.replace('_', ' ')}: {begun[run]:.2g} to {value:.2g}"
                for run, value in found.items()
            )
            or "no run has a gap left",
            [
                computed(both[both.run == run], f"largest last {measure} where run={run}", value)
                for run, value in found.items()
            ]
            or [computed(both, f"runs with more than {GAP_LEFT:g} of their gap", 0)],
        )


@judges("loss_arrangements", order=4)
def arrangement_claims(arrangements: pd.DataFrame) -> Iterator[tuple]:
    """What a gap costs, and what wrong partners do; of `loss_geometry.arrangement_table`."""
    lowest = arrangements.temperature.min()
    found = arrangements[arrangements.temperature == lowest].groupby("arrangement", sort=False)
    losses = found.loss.first()
    cost = losses["gap, every pair matched"] - losses["pairs coincide"]
    wrong = losses.drop(["gap, every pair matched", "pairs coincide"])
    told = f"loss of {', '.join(f'{name} {loss:.3g}' for name, loss in losses.items())}"
    rows = arrangements[arrangements.temperature == lowest]
    apart = rows.arrangement.isin(wrong.index)
    yield (
        "C010",
        "Where every pair is matched a gap costs nothing",
        HOLDS if abs(cost) < FREE else FAILS,
        f"at τ = {lowest:g} the gap costs {cost:.2g}; {told}",
        seen(rows[~apart], "loss", "arrangement temperature"),
    )
    yield (
        "C011",
        "Points whose nearest is not their partner cost a large loss",
        HOLDS if wrong.min() > LARGE else FAILS,
        f"at τ = {lowest:g} {wrong.min():.3g} at least; {told}",
        seen(rows[apart], "loss", "arrangement temperature"),
    )


@judges("sphere_sweep", order=4)
def sweep_claims(sweep: pd.DataFrame) -> Iterator[tuple]:
    """Which gaps descent closes, by temperature; of `batched_descent.sweep_sphere`."""
    last = sweep.sort_values("step").groupby(["temperature", "dimension", "initial_gap", "seed"])
    last = last.modality_gap.last().rename("gap").reset_index()
    closed = last[last.initial_gap == 0]
    if len(closed):
        yield (
            "C083",
            "Where descent starts without a gap it ends without one, at any temperature",
            joint([HOLDS if gap < GAP_LEFT else FAILS for gap in closed.gap]),
            f"gap of {closed.gap.max():.3f} at most after {len(closed)} runs",
            [
                computed(
                    sweep,
                    "largest last modality_gap where initial_gap=0",
                    closed.gap.max(),
                    n=len(closed),
                )
            ],
        )
    yield from highest_claims(sweep, last)
    yield from hot_claims(sweep, last[(last.initial_gap > 0) & (last.temperature >= 1)])


def hot_claims(sweep: pd.DataFrame, hot: pd.DataFrame) -> Iterator[tuple]:
    """Whether descent closes a gap from τ = 1 on; hot: last gaps of such runs that began with one."""
    falls = still_falls(sweep)
    for ids, claim, own in (
        (
            "C080",
            "In two or three dimensions descent at τ = 1 closes the gap",
            hot[(hot.dimension <= FEW) & (hot.temperature == 1)],
        ),
        ("C081", "From τ = 1 on, descent closes the gap in every number of dimensions", hot),
    ):
        if own.empty:
            continue
        left = (own.gap / own.initial_gap).groupby([own.temperature, own.dimension]).mean()
        verdicts = [
            HOLDS if share < GAP_LEFT else UNDECIDED if falls[place] else FAILS
            for place, share in left.items()
        ]
        yield (
            ids,
            claim,
            joint(verdicts),
            "left at "
            + ", ".join(
                f"τ = {t:g} in {d} dimensions: {share:.2f}{' and falling' * falls[t, d]}"
                for (t, d), share in left.items()
            ),
            [
                computed(sweep, f"{LEFT} where temperature={t:g} and dimension={d}", share)
                for (t, d), share in left.items()
            ],
        )


def still_falls(sweep: pd.DataFrame) -> dict[tuple, bool]:
    """Whether the mean gap still falls by 1% or more in the second half of the steps, by temperature and dimension."""
    steps = sweep[sweep.initial_gap > 0]
    gaps = steps.groupby(["temperature", "dimension", "step"]).modality_gap.mean()
    found = {}
    for place, own in gaps.groupby(level=[0, 1]):
        own = own.droplevel([0, 1])
        late = own[own.index >= own.index.max() / 2]
        found[place] = bool(late.iloc[-1] < 0.99 * late.iloc[0])
    return found


def highest_claims(sweep: pd.DataFrame, last: pd.DataFrame) -> Iterator[tuple]:
    """What is left of a gap at the highest temperature; last: the gap at the end of each run."""
    highest = last.temperature.max()
    kept = last[(last.temperature == highest) & (last.initial_gap > 0)]
    if highest < HOT or kept.empty:
        return
    left = (kept.gap / kept.initial_gap).groupby(kept.dimension).mean()
    told = ", ".join(f"{share:.2f} in {d} dimensions" for d, share in left.items())
    yield (
        "C082",
        "At the highest temperature descent hardly changes the gap",
        joint([HOLDS if abs(share - 1) < GAP_LEFT else FAILS for share in left]),
        f"left at τ = {highest:g}: {told}",
        [
            computed(sweep, f"{LEFT} where temperature={highest:g} and dimension={d}", share)
            for d, share in left.items()
        ],
    )
    if (widest := left.index.max()) >= WIDE:
        yield (
            "C084",
            f"In {WIDE} dimensions or more, descent at τ = {HOT:g} ends without a gap",
            HOLDS if left[widest] < GAP_LEFT else FAILS,
            f"left at τ = {highest:g} in {widest} dimensions: {left[widest]:.2f}",
            [
                computed(
                    sweep,
                    f"{LEFT} where temperature={highest:g} and dimension={widest}",
                    left[widest],
                )
            ],
        )


@judges("shared_caption", order=4)
def caption_claims(runs: pd.DataFrame) -> Iterator[tuple]:
    """Whether two images end on the caption that they share; of `shared_caption_table`."""
    kept = share_kept(runs, ["loss_form", "initial_gap", "seed"])
    for form, own in kept.groupby("loss_form", sort=False):
        left = own.groupby("initial_gap").mean()
        yield (
            "C058",
            f"Two images with one caption end on it, without a gap (loss {form})",
            joint([HOLDS if share < GAP_LEFT else FAILS for share in left]),
            "left of it: " + ", ".join(f"{share:.2f} of {gap:g}" for gap, share in left.items()),
            [
                computed(runs, f"{LEFT} where loss_form={form} and initial_gap={gap:g}", share)
                for gap, share in left.items()
            ],
        )


def share_kept(records: pd.DataFrame, keys: list[str]) -> pd.Series:
    """The gap at the last step over that at the first, for each combination of the keys."""
    gaps = records.sort_values("step").groupby(keys).modality_gap
    return gaps.last() / gaps.first()
