"""What theory says of the gap: judged from the tables of `gradient_flow`."""

from collections.abc import Iterator

import pandas as pd

from modality_gap.claims.verdicts import FAILS, HOLDS, PARTLY, judges


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
