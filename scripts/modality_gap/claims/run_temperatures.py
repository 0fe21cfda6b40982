"""What the temperature of a training does: judged from tables of `run_comparisons`."""

from collections.abc import Iterator

import pandas as pd

from modality_gap.claims.estimates import Estimate, every, of_values
from modality_gap.claims.verdicts import NEGLIGIBLE, UNDECIDED, computed, interval, judges, sign

RECALLS = ("recall_pool@1_image_to_text", "recall_pool@1_text_to_image")
BEST, BREAKS = 0.07, 0.1  # yaras2024, Table 3
LOW, HIGH = (
    0.02,
    0.1,
)  # what liang2022, Fig. 8, calls low and high temperatures, up to and from which
STRAIGHT = 0.95  # R² of a line, from which on the gap is said to follow it


@judges("gap_by_temperature", order=5)
def recall_claims(points: pd.DataFrame) -> Iterator[tuple]:
    """At which fixed temperature retrieval is best; points: of `gap_by_temperature`.

    Runs are compared seed by seed, as those of one seed may share weights and batches.
    """
    fixed = points[(points.policy == "fixed") & ~points.fine_tuned.astype(bool)]
    if BEST not in set(fixed.temperature) or not set(RECALLS) <= set(fixed):
        return
    recalls = {
        recall: fixed.pivot(index="seed", columns="temperature", values=recall)
        for recall in RECALLS
    }
    others = [value for value in sorted(fixed.temperature.unique()) if value != BEST]
    means = ", ".join(
        f"{sum(found[value].mean() for found in recalls.values()) / 2:.3f} at τ = {value:g}"
        for value in sorted([BEST, *others])
    )
    numbers = f"recall@1, mean of both directions: {means}"
    evidence = [
        of_values(found[value].dropna()).seen_in(
            fixed, f"mean {recall} where temperature={value:g}"
        )
        for recall, found in recalls.items()
        for value in sorted([BEST, *others])
    ]
    yield (
        "Y101",
        f"Of fixed temperatures {BEST:g} retrieves best",
        every(
            of_values((found[BEST] - found[other]).dropna())
            for found in recalls.values()
            for other in others
        ),
        numbers,
        evidence,
    )
    if beyond := [value for value in others if value > BREAKS]:
        yield (
            "Y101",
            f"At fixed temperatures above {BREAKS:g} retrieval breaks down, to less than half of its best",
            every(
                of_values((found[BEST] / 2 - found[other]).dropna())
                for found in recalls.values()
                for other in beyond
            ),
            numbers,
            evidence,
        )


@judges("gap_by_temperature", "temperature_correlations", order=5)
def tuning_claims(points: pd.DataFrame, correlations: pd.DataFrame) -> Iterator[tuple]:
    """What is left of the gap after fine-tuning; of `gap_by_temperature`, with the gap before.

    All runs of low temperatures are one claim, and all of high ones, learned or fixed.
    """
    tuned = points[points.fine_tuned.astype(bool)]
    before = correlations[correlations.fine_tuned.astype(bool)].before
    if tuned.empty or before.isna().all():
        return
    start = before.iloc[0]
    for ids, claim, chosen, side in (
        (
            "L074",
            "at high temperatures, a model loses most of its gap",
            tuned.temperature >= HIGH,
            -1,
        ),
        ("L075", "at low temperatures, a model keeps most of its gap", tuned.temperature <= LOW, 1),
    ):
        gaps = {name: rows.modality_gap for name, rows in tuned[chosen].groupby("run", sort=False)}
        if gaps:
            left = {run: of_values(own / start) for run, own in gaps.items()}
            half = [share._replace(mean=share.mean - 0.5).times(side) for share in left.values()]
            told = ", ".join(f"{shown(share)} ({run})" for run, share in left.items())
            yield (
                ids,
                f"Fine-tuned {claim}",
                every(half),
                f"gap {start:.3f} before; of it are left {told}",
                [
                    share.seen_in(
                        tuned[tuned.run == run], f"modality_gap over before where run={run}"
                    )
                    for run, share in left.items()
                ],
            )


def shown(estimate: Estimate) -> str:
    """A mean with its interval."""
    return interval(estimate.mean, *estimate.ends())


@judges("long_training", order=5)
def fall_claims(points: pd.DataFrame) -> Iterator[tuple]:
    """Whether the gap of a long training only falls; points: of `slow_closing_fit`.

    A rise counts from the smallest gap so far, and from `NEGLIGIBLE` on.
    """
    gaps = points.sort_values("step").groupby("seed").modality_gap
    rises = gaps.apply(lambda own: (own - own.cummin()).max())
    falls = of_values(gaps.first() - gaps.last())
    yield (
        "Y010 Y030",
        f"From step {points.step.min():g} on the gap only falls",
        every([of_values(NEGLIGIBLE - rises), falls]),
        f"falls by {shown(falls)}; rises by at most {rises.max():.3f} from its smallest so far, over "
        f"{len(rises)} seeds",
        [
            falls.seen_in(points, "modality_gap of the first step less the last"),
            computed(points, "largest rise of modality_gap from its smallest so far", rises.max()),
        ],
    )


@judges("long_training", "long_training_fit", "long_trajectories", order=5)
def mismatch_claims(
    points: pd.DataFrame, fit: pd.DataFrame, trajectories: pd.DataFrame
) -> Iterator[tuple]:
    """Whether the line of a long training begins while most pairs are mismatched.

    points, fit: of `slow_closing_fit`; trajectories: with column seed, at whose first step of the
    line the share of matched pairs is read.
    """
    first = trajectories[trajectories.step == points.step.min()]
    matched = of_values(first.matched_share)
    straight = fit.r_squared.min() > STRAIGHT
    yield (
        "Y031",
        "The gap falls linearly in −1/log² t from where most pairs are still mismatched",
        sign(*(0.5 - end for end in matched.ends()[::-1]), 1) if straight else UNDECIDED,
        f"share of matched pairs {shown(matched)} at step {points.step.min():g}; R² at least "
        f"{fit.r_squared.min():.3f}",
        [matched.seen_in(first, f"matched_share where step={points.step.min():g}")],
    )
