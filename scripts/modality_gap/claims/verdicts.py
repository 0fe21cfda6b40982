"""What the papers claim, and whether it holds in a study."""

import math
from collections.abc import Iterator

import pandas as pd

from modality_gap.measures.intervals import mean_interval

HOLDS, FAILS, PARTLY, UNDECIDED = "holds", "does not hold", "holds in part", "undecided"
COLUMNS = ["source", "claim", "verdict", "numbers"]
RETRIEVAL = ("recall@1_image_to_text", "recall@1_text_to_image")
CLASSIFICATION = ("zero_shot_top_1", "linear_probe")
FEWEST_RUNS = 8  # over fewer, a rank correlation is a matter of one or two runs


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
        f"beyond its interval, the gap is smaller than that of {table.run.iloc[0]} for "
        f"{', '.join(smaller) or 'none'} of {len(gaps) - 1} runs; of those, recall@1 is higher in "
        f"both directions for {', '.join(better.index[better]) or 'none'}, lower in one for "
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
            verdict = sign(row.low, row.high, claimed)
            yield (
                f"yaras2024, {source}",
                claim,
                verdict if row.runs >= FEWEST_RUNS else UNDECIDED,
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


def experiment_claims(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """As `training_claims`, of the experiments on why the gap is there.

    tables: by the names in `EXPERIMENT_CLAIMS`; absent ones answer nothing.
    """
    rows = [
        row
        for name, claims in EXPERIMENT_CLAIMS.items()
        if name in tables
        for row in claims(tables[name])
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def seed_claims(shares: pd.DataFrame) -> Iterator[tuple]:
    """Whether the seed makes most of the variance; of `seed_cones.variance_between_seeds`."""
    for row in shares[shares.inputs == "data"].itertuples():
        yield (
            "liang2022, Fig. 2c, Theorem 2",
            "Most of the variance of random networks' embeddings comes from their seed",
            sign(row.share_low - 0.5, row.share_high - 0.5, 1),
            f"{row.family}, {row.tower}s: share {interval(row.share_between, row.share_low, row.share_high)}",
        )


def first_step_claims(steps: pd.DataFrame) -> Iterator[tuple]:
    """Whether the gap widens at first; steps: columns seed, step, modality_gap."""
    gaps = steps.sort_values("step").groupby("seed").modality_gap
    change = gaps.last() - gaps.first()
    found = mean_interval(change)
    yield (
        "yaras2024, Fig. 4b",
        "The gap widens in the first steps of training",
        sign(*found[1:], 1),
        f"change {interval(*found)} over {len(change)} initialisations, "
        f"{(change > 0).mean():.0%} of them widen it",
    )


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


def closing_claims(flows: pd.DataFrame) -> Iterator[tuple]:
    """Whether the gap stays above its bound; of `gradient_flow.slow_closing`."""
    last = flows[flows.time == flows.time.max()]
    gaps = ", ".join(f"{row.modality_gap:.3f} ({row.flow})" for row in last.itertuples())
    yield (
        "yaras2024, Theorem 3.2",
        "With a learned temperature the gap closes no faster than 1/log² t",
        HOLDS if (flows.modality_gap > flows.bound * (1 - 1e-9)).all() else FAILS,
        f"gap at time {last.time.iloc[0]:.0e}: {gaps}; bound {last.bound.iloc[0]:.3f}",
    )


def growth_claims(growth: pd.DataFrame) -> Iterator[tuple]:
    """Whether the gap grows at random starts; of `gradient_flow.initial_growth_table`."""
    gap = growth[growth.measure == "gap_moving"]
    grows, shrinks = gap.low > 0, gap.high < 0
    verdict = HOLDS if grows.all() else FAILS if shrinks.all() else PARTLY
    yield (
        "yaras2024, Theorem 3.3",
        "From a random start the gap grows at first",
        verdict,
        f"in {grows.sum()} of {len(gap)} settings of 2 to {gap.dimension.max()} dimensions",
    )


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


EXPERIMENT_CLAIMS = {
    "seed_cones": seed_claims,
    "first_steps": first_step_claims,
    "coupled": coupling_claims,
    "slow_closing": closing_claims,
    "initial_growth": growth_claims,
    "plane_records": plane_claims,
    "sphere_records": sphere_claims,
}
