"""Where six pairs on a sphere cost the least: judged from the table of `sphere`."""

from collections.abc import Iterator

import pandas as pd

from modality_gap.claims.verdicts import FAILS, HOLDS, joint, judges, seen
from modality_gap.origin.sphere import loss_minima

LOW = 35  # logit scale from which liang2022, Fig. 3f and g, calls the temperature low


@judges("sphere_landscape", order=1)
def sphere_claims(landscape: pd.DataFrame) -> Iterator[tuple]:
    """Whether mismatched pairs repel at a low temperature; of `sphere.sphere_landscape`."""
    minima = loss_minima(landscape).assign(file="sphere/minima.csv")
    exchanged, scales = minima[~minima.matched], sorted(minima.logit_scale.unique())
    cold = exchanged[exchanged.logit_scale >= LOW]
    cold = cold if len(cold) else exchanged[exchanged.logit_scale == scales[-1]]
    yield case("L078", "exchanged", "with a gap at each low", cold)
    if len(scales) > 1:
        hottest = exchanged[exchanged.logit_scale == scales[0]]
        yield case("L079", "exchanged", "without a gap at the highest", hottest)
    yield case("L080", "matched", "without a gap at any", minima[minima.matched])


def case(claim: str, pairs: str, least: str, minima: pd.DataFrame) -> tuple:
    """Whether the loss is least where it is said to be; minima: of `sphere.loss_minima`."""
    apart = [(angle > 0) == least.startswith("with a") for angle in minima["shift"]]
    angles = ", ".join(
        f"{row.shift:g}° (τ = 1/{row.logit_scale:g}, {row.spacing:g}° between pairs)"
        for row in minima.sort_values("shift").iloc[[0, -1]].itertuples()
    )
    return (
        claim,
        f"With pairs {pairs}, the loss is least {least} temperature",
        joint([HOLDS if found else FAILS for found in apart]),
        f"in {sum(apart)} of {len(minima)} cases; smallest and largest angle {angles}",
        seen(minima, "shift", "matched logit_scale spacing"),
    )
