"""What training does to the gap: judged from the tables of `run_comparisons`."""

from collections.abc import Iterator
from itertools import pairwise

import pandas as pd

from modality_gap.claims.estimates import Estimate, every, in_each, of_interval, of_values
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

RETRIEVAL = ("recall@1_image_to_text", "recall@1_text_to_image")
CLASSIFICATION = ("zero_shot_top_1", "linear_probe")
PAIRS = ("pair_matching_text_to_image",)
TRAINING_GAP, STARTS = "training_modality_gap", "run measure quantity"
NONE = 0.1  # of a gap: liang2022 prints 0.04 and calls it almost none
FEWEST_RUNS = 8  # over fewer, a rank correlation is a matter of one or two runs
STRONG = 0.5  # Cohen (1988): from here on a correlation is large


@judges("gap_by_temperature", order=5)
def step_claims(points: pd.DataFrame) -> Iterator[tuple]:
    """Whether each higher temperature leaves a smaller gap; of `gap_by_temperature`, seed by seed."""
    for (tuned, policy), own in points.groupby(["fine_tuned", "policy"], sort=False):
        gaps = own.pivot_table(index="seed", columns="temperature", values="modality_gap")
        if gaps.shape[1] < 2:
            continue
        falls = {
            (low, high): of_values((gaps[low] - gaps[high]).dropna())
            for low, high in pairwise(sorted(gaps))
        }
        how = "fine-tuned" if tuned else "trained from scratch"
        told = [
            f"{low:g} to {high:g} by {interval(fall.mean, *fall.ends())}"
            for (low, high), fall in falls.items()
        ]
        yield (
            "L076" if tuned else "Y100",
            f"Each higher temperature leaves a smaller gap ({how}, temperature {policy})",
            every(falls.values()),
            f"gap smaller from τ = {'; '.join(told)}",
            [
                fall.seen_in(
                    own,
                    f"modality_gap where temperature={low:g} less that where temperature={high:g} and "
                    f"fine_tuned={tuned} and policy={policy}",
                )
                for (low, high), fall in falls.items()
            ],
        )


@judges("starts_means", order=5)
def start_claims(means: pd.DataFrame) -> Iterator[tuple]:
    """What training makes of starts with and without a gap; of `run_comparisons.starts`."""
    trained = means[means.measure == TRAINING_GAP]
    for run, own in trained.groupby("run", sort=False):
        found = {row["quantity"]: row for _, row in own.iterrows()}
        text = {name: interval(row["mean"], row.low, row.high) for name, row in found.items()}
        rebuilt, share = found["rebuilt"], found.get("share_of_random")
        numbers = f"{run}: gap {text['before']} before training, {text['after']} after"
        evidence = seen(own, "mean", STARTS, "")
        if share is None or share["mean"] == 1:
            claim = "Training widens the gap of a random start"
            wider = sign(rebuilt.low, rebuilt.high, 1)
            yield "L136", claim, wider, numbers, evidence
            continue
        claim = "Training builds a gap where there was none at the start"
        built = sign(rebuilt.low, rebuilt.high, 1)
        yield "L137 Y004", claim, built, numbers, evidence
        begun = found["before"]
        yield (
            "L083",
            f"Texts that are turned onto the images leave almost no gap at the start, below {NONE:g}",
            sign(begun.low - NONE, begun.high - NONE, -1),
            f"{run}: {text['before']}",
            [one for one in evidence if "quantity=before" in one.row],
        )
        yield (
            "L086",
            "It ends smaller than the gap of a random start",
            sign(1 - share.high, 1 - share.low, 1),
            f"{run}: {text['share_of_random']} of the random start's gap after training",
            [one for one in evidence if "quantity=share_of_random" in one.row],
        )


@judges("mitigations", order=5)
def mitigation_claims(table: pd.DataFrame) -> Iterator[tuple]:
    """Whether mitigations shrink the gap, and so raise retrieval; of `run_differences`.

    Differences from the first run, by intervals that hold for all runs and measures of a claim at once.
    """
    baseline = table.run.iloc[0]
    others = table[table.run != baseline]
    gaps = others[others.measure == "modality_gap"]
    if gaps.empty:
        return
    falls = dict(
        zip(gaps.run, in_each(of_row(row).times(-1) for row in gaps.itertuples()), strict=True)
    )
    smaller, larger = ([run for run in falls if falls[run] == kind] for kind in (HOLDS, FAILS))
    about = f"the gap is smaller than that of {baseline} for {', '.join(smaller) or 'none'}"
    yield (
        "Y052",
        "Each of the mitigations shrinks the gap",
        # Each is claimed to: where one grows and none shrinks, that fails.
        FAILS if larger and not smaller else joint(list(falls.values())),
        f"beyond intervals for all at once {about}, larger for {', '.join(larger) or 'none'}, of "
        f"{len(gaps)} runs",
        seen(gaps, "difference", "run measure", "difference_", "shared_seeds"),
    )
    recalls = others[others.measure.isin(RETRIEVAL) & others.run.isin(smaller)]
    signs = in_each(of_row(row) for row in recalls.itertuples())
    of_run = {
        run: [s for s, r in zip(signs, recalls.run, strict=True) if r == run] for run in smaller
    }
    better = [run for run, found in of_run.items() if set(found) == {HOLDS}]
    worse = [run for run, found in of_run.items() if FAILS in found]
    verdict = UNDECIDED
    if better or worse:
        verdict = FAILS if not better else HOLDS if better == smaller else PARTLY
    yield (
        "Y056",
        "Mitigations that shrink the gap raise retrieval",
        verdict,
        f"beyond intervals for all at once {about}, of {len(gaps)} runs; of those, recall@1 is higher in "
        f"both directions for {', '.join(better) or 'none'}, lower in one for {', '.join(worse) or 'none'}",
        seen(recalls, "difference", "run measure", "difference_", "shared_seeds")
        or [computed(gaps, "runs with a smaller gap", 0)],
    )


def of_row(row) -> Estimate:
    """A run's difference from the first run, seed by seed."""
    return of_interval(row.difference, row.difference_high, row.shared_seeds - 1)


@judges("task_correlations", order=5)
def task_claims(correlations: pd.DataFrame) -> Iterator[tuple]:
    """How tasks go with gap and uniformity; of `run_comparisons.measure_correlations`.

    A claimed sign is judged by whether the interval lies on its side of 0; a correlation that is
    said to be weak (None), by whether it lies within, or without, `STRONG`.
    """
    ranks = correlations[correlations.coefficient == "spearman"]
    gap, spread = "modality_gap", "gaussian_uniformity"
    for tasks, attribute, claimed, ids, claim in (
        (RETRIEVAL, gap, -1, "Y056", "Retrieval rises as the gap falls"),
        (RETRIEVAL, spread, None, "Y057", "Retrieval goes only weakly with uniformity"),
        (CLASSIFICATION, gap, None, "Y058", "Classification goes only weakly with the gap"),
        (CLASSIFICATION, spread, 1, "Y059", "Classification rises with uniformity"),
        (PAIRS, gap, None, "Y068", "MMVP-VLM goes only weakly with the gap"),
        (PAIRS, spread, None, "Y069", "MMVP-VLM goes only weakly with uniformity"),
    ):
        own = ranks[ranks.task.isin(tasks) & (ranks.attribute == attribute)].reset_index(drop=True)
        for row in own.itertuples():
            ends = row.low, row.high
            verdict = weak(*ends) if claimed is None else sign(*ends, claimed)
            yield (
                ids,
                claim,
                verdict if row.runs >= FEWEST_RUNS else UNDECIDED,
                f"{row.task}: Spearman's ρ {interval(row.value, *ends)} over {row.runs} runs",
                seen(own.loc[[row.Index]], "value", "task attribute coefficient", "", "runs"),
            )


def weak(low: float, high: float) -> str:
    """Whether a correlation is weak, by its 95% interval."""
    if max(-low, high) < STRONG:
        return HOLDS
    return FAILS if max(low, -high) > STRONG else UNDECIDED


@judges("long_training_fit", order=5)
def long_training_claims(fit: pd.DataFrame) -> Iterator[tuple]:
    """Whether a long training closes the gap along −1/log² t; of `slow_closing_fit`."""
    straight = fit.r_squared.min() > 0.95
    yield (
        "Y029",
        "The gap falls linearly in −1/log² t",
        HOLDS if straight and (fit.slope < 0).all() else FAILS,
        f"R² at least {fit.r_squared.min():.3f}, slope {fit.slope.mean():.3g}",
        seen(fit, "r_squared") + seen(fit, "slope"),
    )


@judges("gap_by_dimension", order=5)
def dimension_claims(points: pd.DataFrame) -> Iterator[tuple]:
    """Whether the gap depends on the embeddings' dimension; of `run_comparisons.gap_by_dimension`."""
    means = points.groupby("dimension").modality_gap.agg(lambda gaps: mean_interval(gaps)[0])
    yield (
        "L127 L128 L129 L130 L131",
        "The gap does not vary much with the dimension",
        HOLDS if means.max() < 1.25 * means.min() else FAILS,
        ", ".join(f"{gap:.3f} at {dimension}" for dimension, gap in means.items()),
        [
            computed(
                points, f"mean modality_gap where dimension={dimension}", *found[:1], found[1:], n
            )
            for dimension, (found, n) in {
                dimension: (mean_interval(own), len(own))
                for dimension, own in points.groupby("dimension").modality_gap
            }.items()
        ],
    )
