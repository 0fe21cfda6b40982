"""What descent without a network leaves of the gap: judged from the tables of `free_embeddings`."""

from collections.abc import Iterator

import pandas as pd

from modality_gap.claims.verdicts import FAILS, HOLDS, PARTLY, UNDECIDED, interval, judges
from modality_gap.measures.intervals import mean_interval

NEARLY_ZERO = 0.05  # of cosines, and of local gaps' spread beside that of the embeddings
GAP_LEFT = 0.1  # of a gap at the start: less has no direction to speak of


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


def share_kept(records: pd.DataFrame, keys: list[str]) -> pd.Series:
    """The gap at the last step over that at the first, for each combination of the keys."""
    gaps = records.sort_values("step").groupby(keys).modality_gap
    return gaps.last() / gaps.first()
