"""What the papers claim of training, and whether it holds in a study."""

import math
from collections.abc import Iterator

import pandas as pd

from modality_gap.intervals import mean_interval

HOLDS, FAILS, PARTLY, UNDECIDED = "holds", "does not hold", "holds in part", "undecided"
COLUMNS = ["source", "claim", "verdict", "numbers"]
RETRIEVAL = ("recall@1_image_to_text", "recall@1_text_to_image")
CLASSIFICATION = ("zero_shot_top_1", "linear_probe")


def training_claims(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """A row a claim that the tables can answer: source, claim, verdict, numbers.

    tables: of `run_comparisons`, by the names of their files; absent ones answer nothing. A claim
    holds, or does not, where a 95% interval says so; otherwise it is undecided.
    """
    rows = []
    if "temperature_correlations" in tables:
        rows += temperature_claims(tables["temperature_correlations"])
    if "starts_means" in tables:
        rows += start_claims(tables["starts_means"])
    if "mitigations" in tables:
        rows += mitigation_claims(tables["mitigations"])
        rows += task_claims(tables["task_correlations"])
    if "long_training_fit" in tables:
        rows += long_training_claims(tables["long_training_fit"])
    if "gap_by_dimension" in tables:
        rows += dimension_claims(tables["gap_by_dimension"])
    return pd.DataFrame(rows, columns=COLUMNS)


def interval(mean: float, low: float, high: float) -> str:
    """A mean with its interval, where that is known."""
    return f"{mean:.3f}" + ("" if math.isnan(low) else f" [{low:.3f}, {high:.3f}]")


def sign(low: float, high: float, claimed: int) -> str:
    """Whether an interval lies on the claimed side of 0 (1 above, −1 below)."""
    if math.isnan(low):
        return UNDECIDED
    if low * claimed > 0 and high * claimed > 0:
        return HOLDS
    return FAILS if low * claimed < 0 and high * claimed < 0 else UNDECIDED


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
        yield "liang2022, Sec. 4.4", claim, sign(rebuilt.low, rebuilt.high, 1), numbers
        yield (
            "liang2022, Sec. 4.4",
            "It ends smaller than the gap of a random start",
            sign(1 - share.high, 1 - share.low, 1),
            f"{run}: {text['share_of_random']} of the random start's gap after training",
        )


def mitigation_claims(table: pd.DataFrame) -> Iterator[tuple]:
    """Whether mitigations that shrink the gap raise retrieval; of `mitigation_table`."""
    gaps = table[table.measure == "modality_gap"].set_index("run")
    smaller = list(gaps.index[gaps.difference_high < 0])
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
        f"{len(smaller)} of {len(gaps) - 1} runs have a smaller gap than {table.run.iloc[0]}: "
        f"{', '.join(smaller) or 'none'}; recall@1 is higher in both directions for "
        f"{', '.join(better.index[better]) or 'none'}, lower in one for "
        f"{', '.join(worse.index[worse]) or 'none'}",
    )


def task_claims(correlations: pd.DataFrame) -> Iterator[tuple]:
    """How tasks go with gap and uniformity; of `run_comparisons.measure_correlations`."""
    ranks = correlations[correlations.coefficient == "spearman"]
    for tasks, attribute, claimed, source, claim in (
        (RETRIEVAL, "modality_gap", -1, "Fig. 6a", "Retrieval rises as the gap falls"),
        (
            CLASSIFICATION,
            "gaussian_uniformity",
            1,
            "Fig. 7b",
            "Classification rises with uniformity",
        ),
    ):
        for row in ranks[ranks.task.isin(tasks) & (ranks.attribute == attribute)].itertuples():
            yield (
                f"yaras2024, {source}",
                claim,
                sign(row.low, row.high, claimed),
                f"{row.task}: Spearman's ρ {interval(row.value, row.low, row.high)} over "
                f"{row.runs} runs",
            )


def long_training_claims(fit: pd.DataFrame) -> Iterator[tuple]:
    """Whether a long training closes the gap along −1/log² t; of `slow_closing_fit`."""
    straight = fit.r_squared.min() > 0.95
    yield (
        "yaras2024, Fig. 4a",
        "The gap falls linearly in −1/log² t",
        HOLDS if straight and (fit.slope < 0).all() else FAILS,
        f"R² at least {fit.r_squared.min():.3f}, slope {fit.slope.mean():.3g}",
    )


def dimension_claims(points: pd.DataFrame) -> Iterator[tuple]:
    """Whether the gap depends on the embeddings' dimension; of `run_comparisons.gap_by_dimension`."""
    means = points.groupby("dimension").modality_gap.agg(lambda gaps: mean_interval(gaps)[0])
    yield (
        "liang2022, Fig. 16",
        "The gap does not vary much with the dimension",
        HOLDS if means.max() < 1.25 * means.min() else FAILS,
        ", ".join(f"{gap:.3f} at {dimension}" for dimension, gap in means.items()),
    )
