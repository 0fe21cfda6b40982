"""What theory says of the gap: judged from the tables of `gradient_flow`."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from modality_gap.claims.verdicts import FAILS, HOLDS, PARTLY, interval, joint, judges, sign
from modality_gap.measures.intervals import mean_interval


@judges("coupled", order=3)
def coupling_claims(flows: pd.DataFrame) -> Iterator[tuple]:
    """Whether gap and temperature are coupled as said; of `gradient_flow.coupled_flows`."""
    change = flows.groupby("flow").invariant.agg(
        lambda values: (values - values.iloc[0]).abs().max()
    )
    yield (
        "yaras2024, Lemma 3.1",
        "Gap and temperature obey one law, however the embeddings move",
        HOLDS if change.max() < 1e-6 else FAILS,
        f"its constant changes by {change.max():.1g} at most",
    )


@judges("slow_closing", order=3)
def closing_claims(flows: pd.DataFrame) -> Iterator[tuple]:
    """Whether the gap stays above its bound; of `flow_theorems.slow_closing`."""
    last = flows[flows.time == flows.time.max()]
    gaps = ", ".join(f"{row.modality_gap:.3f} ({row.flow})" for row in last.itertuples())
    yield (
        "yaras2024, Theorem 3.2",
        "With a learned temperature the gap closes no faster than 1/log² t",
        HOLDS if (flows.modality_gap > flows.bound * (1 - 1e-9)).all() else FAILS,
        f"gap at time {last.time.iloc[0]:.0e}: {gaps}; bound {last.bound.iloc[0]:.3f}",
    )


@judges("initial_growth", order=3)
def growth_claims(growth: pd.DataFrame) -> Iterator[tuple]:
    """Whether the gap grows at random starts; of `flow_theorems.initial_growth_table`."""
    gap = growth[growth.measure == "gap_moving"]
    grows, shrinks = gap.low > 0, gap.high < 0
    verdict = HOLDS if grows.all() else FAILS if shrinks.all() else PARTLY
    yield (
        "yaras2024, Theorem 3.3",
        "From a random start the gap grows at first",
        verdict,
        f"in {grows.sum()} of {len(gap)} settings of 2 to {gap.dimension.max()} dimensions",
    )


@judges("flows", order=3)
def flow_claims(flows: pd.DataFrame) -> Iterator[tuple]:
    """Whether the gap rises and falls with the mismatch; of `gradient_flow.flow_from_random_starts`.

    Of starts from which all pairs find each other: from the start to where half of the pairs are
    matched, and from there to the end.
    """
    starts = [start.sort_values("time") for _, start in flows.groupby("start")]
    whole = [start for start in starts if (start.matched_share == 1).any()]
    if not whole:
        return
    half = [start[start.matched_share >= 0.5].modality_gap.iloc[0] for start in whole]
    first, last = ([start.modality_gap.iloc[end] for start in whole] for end in (0, -1))
    told = f"of {len(whole)} of {len(starts)} starts, from which all pairs find each other"
    for claim, change, claimed in (
        ("The gap rises while most pairs are mismatched", np.subtract(half, first), 1),
        ("The gap falls once most pairs are matched", np.subtract(last, half), -1),
    ):
        found = mean_interval(change)
        numbers = f"changes by {interval(*found)}, mean {told}"
        yield "yaras2024, Fig. 2", claim, sign(*found[1:], claimed), numbers


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
        "yaras2024, Sec. 3.1, App. C",
        "Another form of the temperature, or a schedule, closes the gap faster than β = exp ν",
        joint([HOLDS if height < slowest else FAILS for height in others.values()]),
        f"log γ at time {end:g}: "
        + ", ".join(f"{height:.2f} ({scheme})" for scheme, height in sorted(heights.items())),
    )
