"""What training does to the gap: judged from the tables of `run_comparisons`."""

from collections.abc import Iterator

import pandas as pd

from modality_gap.claims.verdicts import FAILS, HOLDS, PARTLY, UNDECIDED, interval, judges, sign
from modality_gap.measures.intervals import mean_interval

RETRIEVAL = ("recall@1_image_to_text", "recall@1_text_to_image")
CLASSIFICATION = ("zero_shot_top_1", "linear_probe")
PAIRS = ("pair_matching_text_to_image",)
FEWEST_RUNS = 8  # over fewer, a rank correlation is a matter of one or two runs
STRONG = 0.5  # Cohen (1988): from here on a correlation is large


@judges("temperature_correlations", order=5)
def temperature_claims(correlations: pd.DataFrame) -> Iterator[tuple]:
    """Whether higher temperatures leave smaller gaps; of `run_comparisons.gap_by_temperature`."""
    for row in correlations.itertuples():
        how = "fine-tuned" if row.fine_tuned else "trained from scratch"
        source = "liang2022, Fig. 8" if row.fine_tuned else "yaras2024, Table 3"
        falls = row.gap_at_highest < row.gap_at_lowest
        verdict = (HOLDS if falls else FAILS) if row.disjoint else UNDECIDED
        lowest = interval(row.gap_at_lowest, row.gap_at_lowest_low, row.gap_at_lowest_high)
        highest = interval(row.gap_at_highest, row.gap_at_highest_low, row.gap_at_highest_high)
        steps = "falls at every step" if row.falls else "does not fall at every step"
        yield (
            source,
            f"A higher temperature leaves a smaller gap ({how}, temperature {row.policy})",
            verdict,
            f"gap {lowest} at τ = {row.lowest:g}, {highest} at τ = {row.highest:g}; {steps}",
        )


@judges("starts_means", order=5)
def start_claims(means: pd.DataFrame) -> Iterator[tuple]:
    """What training makes of starts with and without a gap; of `run_comparisons.starts`."""
    seen = means[means.measure == "training_modality_gap"].set_index(["run", "quantity"])
    for run in seen.index.unique("run"):
        found = {name: seen.loc[(run, name)] for name in seen.loc[run].index}
        text = {name: interval(row["mean"], row.low, row.high) for name, row in found.items()}
        rebuilt, share = found["rebuilt"], found.get("share_of_random")
        numbers = f"{run}: gap {text['before']} before training, {text['after']} after"
        if share is None or share["mean"] == 1:
            claim = "Training widens the gap of a random start"
            yield "liang2022, Sec. 4.4", claim, sign(rebuilt.low, rebuilt.high, 1), numbers
            continue
        claim = "Training builds a gap where there was none at the start"
        source = "liang2022, Sec. 4.4; yaras2024, Fig. 1b"
        yield source, claim, sign(rebuilt.low, rebuilt.high, 1), numbers
        yield (
            "liang2022, Sec. 4.4",
            "It ends smaller than the gap of a random start",
            sign(1 - share.high, 1 - share.low, 1),
            f"{run}: {text['share_of_random']} of the random start's gap after training",
        )


@judges("mitigations", order=5)
def mitigation_claims(table: pd.DataFrame) -> Iterator[tuple]:
    """Whether mitigations that shrink the gap raise retrieval; of `run_differences`."""
    gaps = table[table.measure == "modality_gap"].set_index("run")
    smaller, larger = (
        list(gaps.index[found]) for found in (gaps.difference_high < 0, gaps.difference_low > 0)
    )
    others = len(gaps) - 1
    fall = HOLDS if len(smaller) == others else PARTLY if smaller else UNDECIDED
    yield (
        "yaras2024, Table 2",
        "Each of the mitigations shrinks the gap",
        FAILS if larger and not smaller else fall,
        f"beyond its interval, the gap is smaller than that of {table.run.iloc[0]} for "
        f"{', '.join(smaller) or 'none'}, larger for {', '.join(larger) or 'none'}, of {others} runs",
    )
    recalls = table[table.measure.isin(RETRIEVAL) & table.run.isin(smaller)]
    better = recalls.groupby("run").difference_low.min() > 0
    worse = recalls.groupby("run").difference_high.min() < 0
    verdict = UNDECIDED
    if better.any() or worse.any():
        verdict = FAILS if not better.any() else PARTLY if worse.any() else HOLDS
    yield (
        "yaras2024, Table 2",
        "Mitigations that shrink the gap raise retrieval",
        verdict,
        f"beyond its interval, the gap is smaller than that of {table.run.iloc[0]} for "
        f"{', '.join(smaller) or 'none'} of {len(gaps) - 1} runs; of those, recall@1 is higher in "
        f"both directions for {', '.join(better.index[better]) or 'none'}, lower in one for "
        f"{', '.join(worse.index[worse]) or 'none'}",
    )


@judges("task_correlations", order=5)
def task_claims(correlations: pd.DataFrame) -> Iterator[tuple]:
    """How tasks go with gap and uniformity; of `run_comparisons.measure_correlations`.

    A claimed sign is judged by whether the interval lies on its side of 0; a correlation that is
    said to be weak (None), by whether it lies within, or without, `STRONG`.
    """
    ranks = correlations[correlations.coefficient == "spearman"]
    gap, spread = "modality_gap", "gaussian_uniformity"
    for tasks, attribute, claimed, source, claim in (
        (RETRIEVAL, gap, -1, "Fig. 6a", "Retrieval rises as the gap falls"),
        (RETRIEVAL, spread, None, "Fig. 6b", "Retrieval goes only weakly with uniformity"),
        (CLASSIFICATION, gap, None, "Fig. 7a", "Classification goes only weakly with the gap"),
        (CLASSIFICATION, spread, 1, "Fig. 7b", "Classification rises with uniformity"),
        (PAIRS, gap, None, "Table 1", "MMVP-VLM goes only weakly with the gap"),
        (PAIRS, spread, None, "Table 1", "MMVP-VLM goes only weakly with uniformity"),
    ):
        for row in ranks[ranks.task.isin(tasks) & (ranks.attribute == attribute)].itertuples():
            ends = row.low, row.high
            verdict = weak(*ends) if claimed is None else sign(*ends, claimed)
            yield (
                f"yaras2024, {source}",
                claim,
                verdict if row.runs >= FEWEST_RUNS else UNDECIDED,
                f"{row.task}: Spearman's ρ {interval(row.value, *ends)} over {row.runs} runs",
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
        "yaras2024, Fig. 4a",
        "The gap falls linearly in −1/log² t",
        HOLDS if straight and (fit.slope < 0).all() else FAILS,
        f"R² at least {fit.r_squared.min():.3f}, slope {fit.slope.mean():.3g}",
    )


@judges("gap_by_dimension", order=5)
def dimension_claims(points: pd.DataFrame) -> Iterator[tuple]:
    """Whether the gap depends on the embeddings' dimension; of `run_comparisons.gap_by_dimension`."""
    means = points.groupby("dimension").modality_gap.agg(lambda gaps: mean_interval(gaps)[0])
    yield (
        "liang2022, Fig. 16",
        "The gap does not vary much with the dimension",
        HOLDS if means.max() < 1.25 * means.min() else FAILS,
        ", ".join(f"{gap:.3f} at {dimension}" for dimension, gap in means.items()),
    )
