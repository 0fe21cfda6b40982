"""Where the loss pushes points of tight clusters: judged from the tables of `free_embeddings`."""

from collections.abc import Iterator

import pandas as pd
from scipy.stats import spearmanr

from modality_gap.claims.verdicts import FAILS, HOLDS, computed, interval, joint, judges, sign
from modality_gap.measures.intervals import mean_interval

EXACT = (
    0.01  # relative error of a gradient: what is exact to first order is below in tight clusters
)
PREDICTIONS = {
    "gap term": (
        "C020 C021",
        "To first order, the gradient is 1 − S times the vector between the means, which shrinks the clusters",
    ),
    "assignment sums": ("C022", "To first order, S tells how far a point lies along the gap"),
}


@judges("gradient_prediction", order=4)
def prediction_claims(errors: pd.DataFrame) -> Iterator[tuple]:
    """Whether first-order predictions are exact in the tightest clusters; of `loss_geometry`."""
    tight = errors[errors.deviation == errors.deviation.min()]
    for prediction, (ids, claim) in PREDICTIONS.items():
        own = tight[tight.prediction == prediction]
        if own.empty:
            continue
        found = {t: mean_interval(rows.error) for t, rows in own.groupby("temperature")}
        verdicts = [sign(low - EXACT, high - EXACT, -1) for _, low, high in found.values()]
        yield (
            ids,
            f"{claim} (error below {EXACT:.0%})",
            joint(verdicts),
            f"error in clusters of σ = {own.deviation.iloc[0]:g}: "
            + ", ".join(f"{interval(*ends)} at τ = {t:g}" for t, ends in found.items()),
            [
                computed(
                    own,
                    f"mean error where prediction={prediction} and temperature={t:g}",
                    mean,
                    ends,
                    int((own.temperature == t).sum()),
                )
                for t, (mean, *ends) in found.items()
            ],
        )


@judges("plane_positions", order=4)
def position_claims(positions: pd.DataFrame) -> Iterator[tuple]:
    """Which points are chosen too often at the start; of `plane_descent`, columns as it has them.

    By Spearman's ρ with how often a point is chosen, all of one modality of one run: of tight clusters the
    height towards the other modality, of points on a line the distance from its middle.
    """
    first = positions[positions.step == 0]
    for start, ids, claim in (
        (
            "isotropic",
            "C019",
            "Points near the other modality are chosen too often, those farther away too rarely",
        ),
        ("collapsed", "C060", "Of points on a line, those near its middle are chosen too often"),
    ):
        found = {
            key: correlation(rows, start)
            for key, rows in first[first.start == start].groupby(
                ["deviation", "temperature", "seed", "modality"]
            )
        }
        if found:
            verdicts = [HOLDS if value > 0 else FAILS for value in found.values()]
            values = list(found.values())
            yield (
                ids,
                claim,
                joint(verdicts),
                f"Spearman's ρ from {min(values):.3f} to {max(values):.3f} over {len(values)} clusters",
                [
                    computed(
                        first,
                        f"Spearman's ρ with assignment_sum where start={start} and deviation={d:g} and "
                        f"temperature={t:g} and seed={seed} and modality={modality}",
                        value,
                        n=int((first.start == start).sum() // len(found)),
                    )
                    for (d, t, seed, modality), value in found.items()
                ],
            )


def correlation(points: pd.DataFrame, start: str) -> float:
    """Spearman's ρ of how often points are chosen with how near they are to the other side, or to the middle."""
    if start == "collapsed":
        near = -((points[["x", "y"]] - points[["x", "y"]].mean()) ** 2).sum(axis=1)
    else:
        near = -points.y.abs()
    return float(spearmanr(near, points.assignment_sum).statistic)
