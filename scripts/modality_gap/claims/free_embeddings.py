"""What descent without a network leaves of the gap: judged from the tables of `free_embeddings`."""

from collections.abc import Iterator

import pandas as pd

from modality_gap.claims.verdicts import FAILS, HOLDS, PARTLY, interval, judges
from modality_gap.measures.intervals import mean_interval


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


def share_kept(records: pd.DataFrame, keys: list[str]) -> pd.Series:
    """The gap at the last step over that at the first, for each combination of the keys."""
    gaps = records.sort_values("step").groupby(keys).modality_gap
    return gaps.last() / gaps.first()
