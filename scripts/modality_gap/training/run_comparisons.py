"""What training runs say of the gap when they are laid side by side."""

import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.stats import DegenerateDataWarning, bootstrap, linregress, pearsonr, rankdata

from modality_gap.measures.intervals import mean_interval, mean_intervals

GAPS = ("modality_gap", "training_modality_gap")
ATTRIBUTES = ("modality_gap", "gaussian_uniformity")
TASKS = (
    "recall@1_image_to_text",
    "recall@1_text_to_image",
    "recall_pool@1_image_to_text",
    "recall_pool@1_text_to_image",
    "zero_shot_top_1",
    "linear_probe",
    "pair_matching_text_to_image",
)
CURVE = ["fine_tuned", "policy"]
# What a run does against the gap, yaras2024, Tables 2 to 5; as a study's run has it.
SETTINGS = ["policy", "temperature", "last_temperature", "form", "divisor", "rate_share"]
SETTINGS += ["change", "share", "normalized"]
RESAMPLES = 999


def gap_by_temperature(
    measures: pd.DataFrame, runs: pd.DataFrame, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The gap of runs that differ in their temperature (liang2022, Fig. 8; yaras2024, Table 3).

    measures: columns run, seed, measure, value. runs: those to compare, columns run, policy,
    temperature (τ, fixed or at the start), fine_tuned; in each combination of fine_tuned and policy
    at least 3 temperatures, one run each. seed: of the bootstrap.
    Returns points, a row a run and seed: run, temperature, fine_tuned, policy, seed, modality_gap
    and every recall that was measured; and correlations, a row a combination, with the columns of
    `temperature_effect`. Raises ValueError for other runs.
    """
    points = run_points(measures, runs, ["temperature", *CURVE])
    rows = [
        {"fine_tuned": fine_tuned, "policy": policy, **temperature_effect(curve, seed)}
        for (fine_tuned, policy), curve in points.groupby(CURVE, sort=False)
    ]
    return points, pd.DataFrame(rows)


def run_points(measures: pd.DataFrame, runs: pd.DataFrame, settings: list[str]) -> pd.DataFrame:
    """Settings, gap and recalls of each run and seed; no two runs may have the same settings."""
    repeated = runs[runs.duplicated(settings, keep=False)]
    if len(repeated):
        first = repeated[settings].iloc[0]
        same = runs.run[(runs[settings] == first).all(axis=1)]
        values = ", ".join(f"{name} {value}" for name, value in first.items())
        raise ValueError(f"runs {', '.join(same)} all have {values}, expected one run")
    missing = set(runs.run) - set(measures.run)
    if missing:
        raise ValueError(f"no measures of run {', '.join(sorted(missing))}")
    names = [name for name in measures.measure.unique() if name.startswith("recall")]
    measured = measures.pivot(index=["run", "seed"], columns="measure", values="value")
    measured = measured[["modality_gap", *names]].reset_index().rename_axis(columns=None)
    return runs[["run", *settings]].merge(measured, on="run")


def temperature_effect(curve: pd.DataFrame, seed: int) -> dict[str, float]:
    """How the gap depends on the temperature; curve: columns run, temperature, modality_gap.

    temperatures: how many. spearman: Spearman's ρ of the mean gap with the temperature, between low
    and high, its 95% bootstrap interval over seeds within each temperature (NaN where one has a
    single seed). falls: whether every higher temperature has a smaller mean gap. lowest and
    highest: temperatures; gap_at_lowest, gap_at_highest: mean gaps there, each with its 95%
    interval _low and _high. disjoint: whether these intervals are (not where one is unknown).
    """
    temperatures = np.sort(curve.temperature.unique())
    if len(temperatures) < 3:
        names = ", ".join(curve.run.unique())
        raise ValueError(f"{len(temperatures)} temperatures ({names}), expected at least 3")
    gaps = [gap.to_numpy() for _, gap in curve.groupby("temperature").modality_gap]

    def rho(*gaps: np.ndarray, axis: int = -1) -> np.ndarray:
        means = np.stack([gap.mean(axis=axis) for gap in gaps], axis=-1)
        return spearman(means, np.broadcast_to(temperatures, means.shape))

    interval = np.nan, np.nan
    if min(map(len, gaps)) > 1:
        interval = bootstrap_interval(gaps, rho, seed)
    found = {
        "temperatures": len(temperatures),
        "spearman": float(rho(*gaps)),
        "low": interval[0],
        "high": interval[1],
        "falls": bool((np.diff([gap.mean() for gap in gaps]) < 0).all()),
    }
    for place, end in ((0, "lowest"), (-1, "highest")):
        mean, low, high = mean_interval(gaps[place])
        found |= {end: float(temperatures[place]), f"gap_at_{end}": mean}
        found |= {f"gap_at_{end}_low": low, f"gap_at_{end}_high": high}
    above = found["gap_at_highest_low"] > found["gap_at_lowest_high"]
    below = found["gap_at_highest_high"] < found["gap_at_lowest_low"]
    return {**found, "disjoint": bool(above or below)}


def pearson(x: np.ndarray, y: np.ndarray, axis: int = -1) -> np.ndarray:
    """Pearson's correlation along an axis; NaN where all values are the same."""
    return pearsonr(x, y, axis=axis).statistic


def spearman(x: np.ndarray, y: np.ndarray, axis: int = -1) -> np.ndarray:
    """Spearman's ρ along an axis; NaN where all values are the same."""
    return pearson(rankdata(x, axis=axis), rankdata(y, axis=axis), axis)


COEFFICIENTS = {"spearman": spearman, "pearson": pearson}


def bootstrap_interval(
    samples: list[np.ndarray], statistic: Callable, seed: int, paired: bool = False
) -> tuple[float, float]:
    """95% percentile interval of a statistic; samples: each resampled by itself, or all alike.

    Resamples in which the statistic is not defined, such as one run drawn again and again, do not
    count.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegenerateDataWarning)
        found = bootstrap(
            samples,
            statistic,
            paired=paired,
            vectorized=True,
            n_resamples=RESAMPLES,
            method="percentile",
            rng=np.random.default_rng(seed),
        )
    low, high = np.nanquantile(found.bootstrap_distribution, [0.025, 0.975])
    return float(low), float(high)


def starts(
    trajectories: pd.DataFrame, random: str, amended: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The gap before and after training from random and from amended starts (liang2022, Sec. 4.4).

    trajectories: columns run, seed, step, modality_gap, training_modality_gap. random: the run
    whose start is as drawn; amended: runs whose gap was taken away first, with the same seeds.
    Returns points, a row a run, measure (either gap) and seed: before, after, rebuilt (after −
    before) and share_of_random; and means, columns run, measure, quantity (one of these four),
    mean, low, high. share_of_random is the paper's 57%, the gap after training over that of the
    random start with the same seed. The ratio of what both add in training would say nothing
    stable: a random start adds little, and it may close its gap instead.
    Raises ValueError for a run without a trajectory from step 0, or a seed that `random` lacks.
    """
    points = pd.concat([before_and_after(trajectories, run) for run in [random, *amended]])
    of_random = points[points.run == random].set_index(["measure", "seed"]).after
    missing = set(points.seed) - set(of_random.index.get_level_values("seed"))
    if missing:
        raise ValueError(f"run {random} lacks seed {min(missing)}, expected those of {amended}")
    after = points.set_index(["measure", "seed"]).after
    points["share_of_random"] = (after / of_random.reindex(after.index)).to_numpy()
    quantities = points.melt(id_vars=["run", "measure", "seed"], var_name="quantity")
    means = mean_intervals(quantities, ["run", "measure", "quantity"], "value")
    return points.reset_index(drop=True), means


def before_and_after(trajectories: pd.DataFrame, run: str) -> pd.DataFrame:
    """Both gaps of a run at its first and last step: run, measure, seed, before, after, rebuilt."""
    rows = trajectories[trajectories.run == run].sort_values("step")
    if rows.empty or (rows.groupby("seed").step.min() > 0).any():
        raise ValueError(f"no trajectory of run {run} from step 0")
    gaps = rows.melt(id_vars="seed", value_vars=GAPS, var_name="measure", value_name="gap")
    ends = gaps.groupby(["measure", "seed"]).gap.agg(before="first", after="last").reset_index()
    ends.insert(0, "run", run)
    return ends.assign(rebuilt=ends.after - ends.before)


def run_differences(measures: pd.DataFrame, baseline: str) -> pd.DataFrame:
    """All measures of all runs, and what sets them apart from one run (yaras2024, Tables 1-5).

    measures: columns run, seed, measure, value. Returns a row a run and measure: run, measure,
    seeds, mean, low, high, shared_seeds, difference, difference_low, difference_high. Differences
    from the baseline are taken seed by seed, because runs of one seed may share weights and
    batches; means with 95% intervals by Student's t, NaN for one seed. shared_seeds: those that the
    baseline has too. Raises ValueError where `baseline` is not a run, or a run shares no seed with
    it.
    """
    if baseline not in set(measures.run):
        names = ", ".join(measures.run.unique())
        raise ValueError(f"no measures of baseline {baseline}, expected one of {names}")
    reference = measures[measures.run == baseline].set_index(["measure", "seed"]).value
    rows = []
    for (run, measure), own in measures.groupby(["run", "measure"], sort=False):
        difference = (own.set_index(["measure", "seed"]).value - reference).dropna()
        if difference.empty:
            raise ValueError(f"{measure}: run {run} shares no seed with baseline {baseline}")
        means = [len(own), *mean_interval(own.value), len(difference), *mean_interval(difference)]
        rows.append([run, measure, *means])
    names = ["seeds", "mean", "low", "high", "shared_seeds"]
    names += ["difference", "difference_low", "difference_high"]
    return pd.DataFrame(rows, columns=["run", "measure", *names])


def measure_correlations(measures: pd.DataFrame, seed: int = 0) -> pd.DataFrame:
    """How tasks go with gap and uniformity from run to run (yaras2024, Figs. 6 and 7).

    measures: columns run, seed, measure, value; the value of a run is its mean over seeds. seed: of
    the bootstrap. Returns a row a task that was measured, an attribute (modality_gap or
    gaussian_uniformity) and a coefficient (spearman or pearson): task, attribute, coefficient,
    runs, value, low, high, the 95% bootstrap interval over runs.
    Raises ValueError where fewer than 3 runs have both.
    """
    means = measures.pivot_table(index="run", columns="measure", values="value")
    rows = []
    for task in [name for name in TASKS if name in means]:
        for attribute in ATTRIBUTES:
            both = means[[attribute, task]].dropna()
            if len(both) < 3:
                raise ValueError(f"{task}: {len(both)} runs, expected at least 3 to correlate")
            sides = [both[attribute].to_numpy(), both[task].to_numpy()]
            for name, coefficient in COEFFICIENTS.items():
                interval = bootstrap_interval(sides, coefficient, seed, paired=True)
                value = float(coefficient(*sides))
                rows.append([task, attribute, name, len(both), value, *interval])
    names = ["task", "attribute", "coefficient", "runs", "value", "low", "high"]
    return pd.DataFrame(rows, columns=names)


def slow_closing_fit(
    trajectories: pd.DataFrame, run: str, first_step: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The gap of a run against −1/log² t, and the straight line through it (yaras2024, Fig. 4a).

    trajectories: columns run, seed, step, modality_gap. first_step: t, in steps, from which the gap
    counts, at least 2 (the paper: 100). The axis ends at 0, an endless training.
    Returns points, a row a seed and step: seed, step, inverse_square_log (−1/log² t),
    modality_gap; and the least-squares fit, a row a seed: seed, slope, intercept, r_squared.
    Theorem 3.2 expects a line; a slope below 0 is a gap that closes, the intercept what it would
    leave. Raises ValueError where a seed has fewer than 3 points.
    """
    if first_step < 2:
        raise ValueError(f"first step {first_step}, expected at least 2, where log t is above 0")
    chosen = trajectories[(trajectories.run == run) & (trajectories.step >= first_step)]
    points = chosen[["seed", "step", "modality_gap"]].sort_values(["seed", "step"])
    points.insert(2, "inverse_square_log", -1 / np.log(points.step.astype(float)) ** 2)
    if points.empty or points.groupby("seed").size().min() < 3:
        raise ValueError(f"run {run} has fewer than 3 measurements from step {first_step} on")
    rows = []
    for seed, own in points.groupby("seed"):
        line = linregress(own.inverse_square_log, own.modality_gap)
        rows.append([seed, line.slope, line.intercept, line.rvalue**2])
    fit = pd.DataFrame(rows, columns=["seed", "slope", "intercept", "r_squared"])
    return points.reset_index(drop=True), fit


def gap_by_dimension(
    measures: pd.DataFrame, runs: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The gap of runs that differ in the dimension of their embeddings (liang2022, Fig. 16).

    measures: columns run, seed, measure, value. runs: those to compare, columns run, dimension, one
    run a dimension. Returns points, columns run, dimension, seed, modality_gap; and means, columns
    dimension, mean, low, high (95% interval over seeds), by rising dimension.
    Raises ValueError for fewer than 2 dimensions, or several runs of one.
    """
    points = run_points(measures, runs, ["dimension"]).sort_values(["dimension", "seed"])
    if points.dimension.nunique() < 2:
        raise ValueError(f"dimension {points.dimension.unique()} alone, expected at least 2")
    points = points[["run", "dimension", "seed", "modality_gap"]].reset_index(drop=True)
    return points, mean_intervals(points, ["dimension"], "modality_gap")


# Of a trajectory, by which learning rates are compared.
VALIDATION_RECALLS = ["image_to_text_recall_at_1", "text_to_image_recall_at_1"]


def compare_learning_rates(
    trajectories: list[pd.DataFrame], learning_rates: list[float]
) -> pd.DataFrame:
    """What each of several learning rates of one run came to, and which is chosen.

    trajectories: of training at each rate, in the same order, as `loop.train` gives them with the
    measures of `Evaluation`, on validation. The best is the one with the highest recall@1 after the
    last step, mean of both directions; of equals the smallest rate. Returns a row a rate, by rising
    rate: learning_rate, recall_at_1, what a trajectory holds of the last step, chosen.
    """
    last = pd.DataFrame([rows.sort_values("step").iloc[-1] for rows in trajectories])
    last.insert(0, "learning_rate", learning_rates)
    last.insert(1, "recall_at_1", last[VALIDATION_RECALLS].mean(axis=1))
    last = last.sort_values("learning_rate", ignore_index=True)
    return last.assign(chosen=last.index == last.recall_at_1.idxmax())


def describe_choice(table: pd.DataFrame) -> str:
    """A sentence on the choice of a learning rate; table: of `compare_learning_rates`."""
    tried = ", ".join(f"{row.learning_rate:g} {row.recall_at_1:.3f}" for row in table.itertuples())
    place, number = int(table.chosen.argmax()), len(table)
    end = {0: ", the smallest that was tried", number - 1: ", the largest that was tried"}
    return (
        f"learning rate {table.learning_rate[place]:g}{end.get(place, '')}: the highest recall@1 on "
        f"validation, mean of both directions, after training with the first seed ({tried})"
    )
