"""What theory says of the gap: judged from the tables of `gradient_flow`."""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from modality_gap.claims.estimates import Estimate, every, in_each, of_interval
from modality_gap.claims.verdicts import (
    FAILS,
    HOLDS,
    PARTLY,
    UNDECIDED,
    computed,
    in_how_many,
    interval,
    joint,
    judges,
    seen,
    sign,
)
from modality_gap.measures.intervals import mean_interval

NEARLY = 0.1  # of a change: what differs by less follows its law
LAWS = {
    "exponential": ("Y027", "For one pair with β = exp ν, too, γ falls like 1/log² t"),
    "direct": ("Y133", "With β = ν, γ falls like t^(−log t)"),
    "constant": ("Y135", "While the temperature stays as it is, γ falls exponentially"),
    "linear": ("Y134 Y136", "With a β along a line, γ falls exponentially in the line's length"),
}


@judges("coupled", order=3)
def coupling_claims(flows: pd.DataFrame) -> Iterator[tuple]:
    """Whether gap and temperature are coupled as said; of `gradient_flow.coupled_flows`."""
    change = flows.groupby("flow").invariant.agg(
        lambda values: (values - values.iloc[0]).abs().max()
    )
    yield (
        "Y021",
        "Gap and temperature obey one law, however the embeddings move",
        HOLDS if change.max() < 1e-6 else FAILS,
        f"its constant changes by {change.max():.1g} at most",
        [
            computed(
                flows, "largest change of invariant within a flow", change.max(), n=len(change)
            ),
        ],
    )
    more = (flows.modality_gap - flows.plane_distance).min()
    yield (
        "Y016",
        "The gap is at least the distance of the planes, 2γ",
        HOLDS if more > -1e-9 else FAILS,
        f"by {more:.3g} at least",
        [computed(flows, "least modality_gap less plane_distance", more, n=len(flows))],
    )


@judges("slow_closing", order=3)
def closing_claims(flows: pd.DataFrame) -> Iterator[tuple]:
    """Whether the gap stays above its bound; of `flow_theorems.slow_closing`."""
    last = flows[flows.time == flows.time.max()]
    gaps = ", ".join(f"{row.modality_gap:.3f} ({row.flow})" for row in last.itertuples())
    yield (
        "Y001 Y025 Y028",
        "With a learned temperature the gap closes no faster than 1/log² t",
        HOLDS if (flows.modality_gap > flows.bound * (1 - 1e-9)).all() else FAILS,
        f"gap at time {last.time.iloc[0]:.0e}: {gaps}; bound {last.bound.iloc[0]:.3f}",
        seen(last, "modality_gap", "flow time") + seen(last, "bound", "flow time"),
    )
    moves = [steps_of(flow.sort_values("time")) for _, flow in flows.groupby("flow")]
    slower = [np.all(np.diff(found) <= np.abs(found[:-1]) * 1e-6) for found in moves]
    yield (
        "Y023",
        "The larger the logit scale β, the less the height γ moves for each step of β",
        joint([HOLDS if found else FAILS for found in slower]),
        f"in {sum(slower)} of {len(slower)} flows; from {max(f[0] for f in moves):.3g} to "
        f"{max(f[-1] for f in moves):.3g} at most",
        [
            computed(
                flows,
                f"|change of height over that of logit_scale| at the {end} of flow={flow}",
                at,
            )
            for flow, found in zip(sorted(flows.flow.unique()), moves, strict=True)
            for end, at in (("start", found[0]), ("end", found[-1]))
        ],
    )


def steps_of(flow: pd.DataFrame) -> np.ndarray:
    """How much the height moves for each step of the logit scale; a row a time, where that grows."""
    heights, scales = np.diff(flow.height), np.diff(flow.logit_scale)
    grows = scales > 0
    return np.abs(heights[grows] / scales[grows])


@judges("initial_growth", order=3)
def growth_claims(growth: pd.DataFrame) -> Iterator[tuple]:
    """Whether the gap grows at random starts; of `flow_theorems.initial_growth_table`."""
    gap = growth[growth.measure == "gap_moving"]
    grows, shrinks = gap.low > 0, gap.high < 0
    verdict = HOLDS if grows.all() else FAILS if shrinks.all() else PARTLY
    yield (
        "Y034",
        "From a random start the gap grows at first",
        verdict,
        f"in {grows.sum()} of {len(gap)} settings of 2 to {gap.dimension.max()} dimensions",
        seen(gap, "mean", "measure dimension pairs", ""),
    )
    yield bound_claim(growth[growth.measure.isin(["gap_fixed", "gap_moving"])])
    yield from limit_claims(growth[growth.measure == "plane_distance"])
    yield from twice_claims(growth)


def twice_claims(growth: pd.DataFrame) -> Iterator[tuple]:
    """Whether the gap grows at least as fast as the distance of the planes, 2γ, in every setting."""
    both = growth[growth.measure == "gap_moving"].merge(
        growth[growth.measure == "plane_distance"], on=["dimension", "pairs"]
    )
    if both.empty:
        return
    faster = [
        of_interval(row.mean_x, row.high_x, math.inf).less(
            of_interval(row.mean_y, row.high_y, math.inf)
        )
        for row in both.itertuples()
    ]
    verdicts = in_each(faster)
    least = min(faster, key=lambda one: one.mean)
    yield (
        "Y035",
        "At a random start the gap grows at least as fast as 2γ",
        # A lower bound that is broken in one setting is none.
        FAILS if FAILS in verdicts else joint(verdicts),
        f"{in_how_many(verdicts)}; speed of the gap less that of 2γ {least.mean:.3g} at the least",
        [
            one.seen_in(
                growth, f"gap_moving less plane_distance where dimension={d} and pairs={pairs}"
            )
            for one, d, pairs in zip(faster, both.dimension, both.pairs, strict=True)
        ],
    )


@judges("arrangements", order=3)
def margin_claims(points: pd.DataFrame) -> Iterator[tuple]:
    """Whether matched pairs have a margin above 0, and exchanged ones none; of `gradient_flow`."""
    margins = points.groupby("arrangement").pair_margin.min()
    yield (
        "Y018",
        "Matched pairs have a margin above 0; where pairs are exchanged it is not",
        HOLDS if margins["matched"] > 0 >= margins["mismatched"] else FAILS,
        f"margin {margins['matched']:.3f} of matched pairs, {margins['mismatched']:.3f} of exchanged ones",
        [
            computed(points, f"least pair_margin where arrangement={name}", margin)
            for name, margin in margins.items()
        ],
    )


def above(row: pd.Series, other: float) -> Estimate:
    """How far the mean speed of a setting is above another; of many draws, so that it is normal."""
    return of_interval(row["mean"] - other, row["high"] - other, math.inf)


def bound_claim(gap: pd.DataFrame) -> tuple:
    """Whether the gap grows as fast as the bound says; where that is below 0, it would while it shrinks."""
    rooms = [above(row, row.bound) for _, row in gap.iterrows()]
    said = (gap.bound > 0).sum()
    return (
        "Y034",
        "From a random start the gap grows at least as fast as a bound",
        every(rooms) if said else UNDECIDED,
        f"faster by at least {min(room.mean for room in rooms):.3g} in {len(gap)} settings, in "
        f"{said} of which the bound is above 0 and says anything",
        seen(gap, "mean", "measure dimension pairs bound", ""),
    )


def limit_claims(planes: pd.DataFrame) -> Iterator[tuple]:
    """Whether with more pairs the speed of the planes comes to its limit (Eq. 9).

    Of each dimension, the fewest and the most pairs: it does where it comes nearer, or where the
    limit is within the interval of the most; judged for all dimensions at once.
    """
    cases, texts = [], []
    for dimension, rows in planes.sort_values("pairs").groupby("dimension"):
        ends = [rows.iloc[0], rows.iloc[-1]]
        if ends[0].pairs == ends[1].pairs:
            continue
        cases.append((*(above(end, end.limit) for end in ends), ends[1].limit))
        texts.append(f"{ends[1]['mean']:.3g} against {ends[1].limit:.3g} in {dimension}")
    if not cases:
        return
    compared, verdicts = len(cases), []
    for few, most, limit in cases:
        nearer = few.times(np.sign(few.mean)).less(most.times(np.sign(most.mean)))
        low, high = most.ends(compared)
        come = low <= 0 <= high or sign(*nearer.ends(compared), 1) == HOLDS
        lost = sign(*nearer.ends(compared), 1) == FAILS
        verdicts.append(HOLDS if come and limit > 0 else FAILS if lost else UNDECIDED)
    yield (
        "Y036",
        "With more pairs the speed of 2γ comes nearer to its limit, which is above 0",
        joint(verdicts),
        f"{in_how_many(verdicts)}; with {planes.pairs.max()} pairs {', '.join(texts)} dimensions",
        seen(planes, "mean", "measure dimension pairs limit", ""),
    )


@judges("flows", order=3)
def flow_claims(flows: pd.DataFrame) -> Iterator[tuple]:
    """Whether the gap rises and falls with the mismatch; of `gradient_flow.flow_from_random_starts`.

    Of starts from which all pairs find each other: from the start to where half of the pairs are
    matched, and from there to the end.
    """
    starts = [start.sort_values("time") for _, start in flows.groupby("start")]
    whole = [start for start in starts if (start.matched_share == 1).any()]
    half = [start[start.matched_share >= 0.5].modality_gap.iloc[0] for start in whole]
    first, last = ([start.modality_gap.iloc[end] for start in whole] for end in (0, -1))
    told = f"of {len(whole)} of {len(starts)} starts, from which all pairs find each other"
    for ids, claim, change, claimed in (
        ("Y001 Y005", "The gap rises while most pairs are mismatched", np.subtract(half, first), 1),
        ("Y006", "The gap falls once most pairs are matched", np.subtract(last, half), -1),
    ):
        found = mean_interval(change) if whole else (math.nan,) * 3
        numbers = f"changes by {interval(*found)}, mean {told}" if whole else told
        what = "modality_gap, where half of the pairs are matched, against an end of the flow"
        evidence = [computed(flows, what, found[0], found[1:], len(whole))]
        yield ids, claim, sign(*found[1:], claimed), numbers, evidence
    yield matched_claim(flows, starts)


def matched_claim(flows: pd.DataFrame, starts: list[pd.DataFrame]) -> tuple:
    """Whether all pairs find each other, and stay together; starts: their flows, in order of time."""
    times = []
    for start in starts:
        apart = start[start.matched_share < 1].time
        times.append(start.time[start.time > apart.max()].min() if len(apart) else start.time.min())
    whole = [time for time in times if not np.isnan(time)]
    last = max(whole, default=math.nan)
    return (
        "Y007",
        "From some time on all pairs are matched",
        joint([FAILS if np.isnan(time) else HOLDS for time in times]),
        f"in {len(whole)} of {len(times)} starts"
        + (f", the last of them from time {last:.3g} on" if whole else ""),
        [computed(flows, "time where matched_share=1, from then on", last, n=len(whole))],
    )


@judges("temperature_rates", order=3)
def rate_claims(rates: pd.DataFrame) -> Iterator[tuple]:
    """Whether β = exp ν closes the gap slowest; of `temperature_rates.temperature_rates`."""
    end = rates.groupby("scheme").time.max().min()
    heights = {
        scheme: float(np.interp(end, own.time, own.log_height))
        for scheme, own in rates.sort_values("time").groupby("scheme", sort=False)
    }
    others = {scheme: height for scheme, height in heights.items() if scheme != "exponential"}
    slowest = heights.get("exponential")
    if slowest is None or not others:
        return
    yield (
        "Y032",
        "Another form of the temperature, or a schedule, closes the gap faster than β = exp ν",
        joint([HOLDS if height < slowest else FAILS for height in others.values()]),
        f"log γ at time {end:g}: "
        + ", ".join(f"{height:.2f} ({scheme})" for scheme, height in sorted(heights.items())),
        [
            computed(rates, f"log_height at time {end:g} where scheme={scheme}", height)
            for scheme, height in heights.items()
        ],
    )
    for scheme, own in rates.sort_values("time").groupby("scheme", sort=False):
        yield law_claim(scheme, own)
        if scheme == "direct":
            yield root_claim(own)


def root_claim(rates: pd.DataFrame) -> tuple:
    """Whether β = ν grows like √log(1/γ) in the last half of a flow; rates: by time."""
    late = rates[rates.time >= rates.time.max() / 2]
    roots = np.sqrt(-late.log_height)
    slope = (late.logit_scale.iloc[-1] - late.logit_scale.iloc[0]) / (
        roots.iloc[-1] - roots.iloc[0]
    )
    return (
        "Y132",
        f"With β = ν, β grows like the root of log(1/γ) (slope 1 within {NEARLY:.0%})",
        HOLDS if abs(slope - 1) < NEARLY else FAILS,
        f"slope {slope:.3f} in the last half of the time",
        [
            computed(
                rates, "change of logit_scale over that of √−log_height where scheme=direct", slope
            )
        ],
    )


def law_claim(scheme: str, rates: pd.DataFrame) -> tuple:
    """Whether in the last half of a flow log γ falls as its law says; rates: of one scheme, by time."""
    known = rates[rates.log_theory.notna()]
    late = known[known.time >= known.time.max() / 2]
    fallen, said = (
        late[name].iloc[-1] - late[name].iloc[0] for name in ("log_height", "log_theory")
    )
    ids, law = LAWS[scheme]
    return (
        ids,
        f"{law} (within {NEARLY:.0%})",
        HOLDS if abs(fallen - said) < NEARLY * abs(said) else FAILS,
        f"in the last half of the time log γ changes by {fallen:.3g}, by its law {said:.3g}",
        [
            computed(rates, f"change of log_height in the last half where scheme={scheme}", fallen),
            computed(rates, f"change of log_theory in the last half where scheme={scheme}", said),
        ],
    )
