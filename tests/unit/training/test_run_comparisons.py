import io

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from modality_gap.measures.intervals import mean_interval
from modality_gap.training import run_comparisons as compare

# yaras2024, Tables 3 to 5: run, uniformity, gap, zero-shot, linear probe, image and text retrieval.
FIXED = """
baseline -1.165 0.294 13.65 65.55 68.23 78.36
0.01 -1.214 0.669 18.48 69.44 69.89 80.68
0.02 -1.138 0.334 18.83 68.41 70.54 81.3
0.04 -1.183 0.122 14.4 61.98 73.44 82.66
0.07 -1.246 0.033 11.76 49.61 75.53 82.88
0.1 -1.251 0.019 10.42 48.29 66.55 73.58
0.2 -1.255 0.008 10.55 50.14 23.97 26.94
0.3 -1.282 0.007 10.69 42.09 10.4 12.8
0.4 -1.296 0.009 13.83 37.97 6.9 8.7
"""
OTHERS = """
S0 -1.120 0.384 18.40 69.40 72.55 82.89
S1 -1.087 0.198 18.55 69.26 72.69 83.05
S2 -1.092 0.137 16.80 68.25 73.98 84.25
S3 -1.108 0.088 17.17 67.50 75.72 85.31
A0 -1.151 0.541 19.50 69.47 72.51 81.97
A1 -1.120 0.261 16.85 67.46 73.90 83.65
softplus -1.153 0.284 14.86 66.46 70.06 80.1
scale_2 -1.154 0.287 18.25 66.3 70.32 80.6
scale_10 -1.153 0.285 14.36 66.5 70.15 80.3
swap_1 -1.317 0.028 14.36 39.72 47.17 53.22
swap_0.1 -1.127 0.046 17.39 56.88 67.1 75.8
swap_0.01 -1.181 0.095 15.7 64.29 69.36 79.4
swap_feature -1.155 0.289 14.71 65.91 69.93 80.6
no_normalization -1.005 0.468 16.82 65.4 58.62 74.16
"""
NAMES = [
    "gaussian_uniformity",
    "modality_gap",
    "zero_shot_top_1",
    "linear_probe",
    "recall@1_text_to_image",
    "recall@1_image_to_text",
]
# liang2022, Sec. 4.4: seeds before and after training.
RANDOM_START = [1.1898, 1.1884, 1.1892], [1.3149, 1.2988, 1.2836]
AMENDED_START = [0.0314, 0.0551, 0.0299], [0.7472, 0.7195, 0.7704]


def papers_measures(text):
    wide = pd.read_csv(
        io.StringIO(text), sep=" ", names=["run", *NAMES], dtype={"run": str}
    ).assign(seed=0)
    return wide.melt(id_vars=["run", "seed"], var_name="measure")


def gap_measures(gaps):
    """gaps: by run, a value a seed."""
    rows = [
        (run, seed, "modality_gap", value)
        for run, values in gaps.items()
        for seed, value in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=["run", "seed", "measure", "value"])


def run_table(temperatures, fine_tuned=False, policy="fixed"):
    """temperatures: by run."""
    table = pd.DataFrame({"run": list(temperatures), "temperature": list(temperatures.values())})
    return table.assign(fine_tuned=fine_tuned, policy=policy)


# Temperature


def test_the_papers_fixed_temperatures_close_the_gap_but_not_throughout():
    """yaras2024, Table 3: the gap is smallest at 0.3, not at 0.4."""
    measures = papers_measures(FIXED)
    runs = run_table({run: float(run) for run in measures.run.unique()[1:]})
    points, found = compare.gap_by_temperature(measures, runs)
    (row,) = found.itertuples()
    expected = stats.spearmanr(points.temperature, points.modality_gap).statistic
    assert row.spearman == pytest.approx(expected)
    assert -1 < row.spearman < -0.9
    assert (row.lowest, row.highest, row.temperatures) == (0.01, 0.4, 8)
    assert (row.gap_at_lowest, row.gap_at_highest) == (0.669, 0.009)
    assert not row.falls
    assert "baseline" not in set(points.run)
    recalls = points.set_index("run")["recall@1_image_to_text"]
    assert recalls["0.07"] == 82.88
    assert np.isnan([row.low, row.high, row.gap_at_lowest_low]).all()  # one seed
    assert not row.disjoint


def test_every_way_of_training_is_a_curve_of_its_own():
    """liang2022, Fig. 8, gap after an epoch of fine-tuning, by 1/τ; and one that rises."""
    gaps = {1: 0.2384, 10: 0.3028, 20: 0.5524, 30: 0.6352, 50: 0.7961, 100: 1.0006}
    down = {f"tuned_{scale}": [gap, gap + 0.01] for scale, gap in gaps.items()}
    up = {f"scratch_{scale}": [1.2 - gap, 1.21 - gap] for scale, gap in gaps.items()}
    runs = pd.concat(
        [
            run_table(dict(zip(down, [1 / scale for scale in gaps], strict=True)), fine_tuned=True),
            run_table(dict(zip(up, [1 / scale for scale in gaps], strict=True)), policy="learned"),
        ]
    )
    _, found = compare.gap_by_temperature(gap_measures({**up, **down}), runs)
    assert found.policy.to_list() == ["fixed", "learned"]
    assert found.fine_tuned.to_list() == [True, False]
    assert found.spearman.to_numpy() == pytest.approx([-1, 1])
    assert found.falls.to_list() == [True, False]
    assert found.disjoint.to_list() == [True, True]
    expected = mean_interval(np.array(down["tuned_1"]))
    ends = found.loc[0, ["gap_at_highest", "gap_at_highest_low", "gap_at_highest_high"]]
    assert ends.to_list() == pytest.approx(expected)


def test_the_interval_of_rho_resamples_seeds_within_a_temperature(random):
    gaps = {f"run_{i}": 1 - 0.04 * i + 0.08 * random.standard_normal(5) for i in range(6)}
    runs = run_table({run: 2.0**-i for i, run in enumerate(gaps)})
    _, found = compare.gap_by_temperature(gap_measures(gaps), runs)
    values = np.array(list(gaps.values()))
    drawn = [
        stats.spearmanr(
            runs.temperature,
            [random.choice(seeds, len(seeds)).mean() for seeds in values],
        ).statistic
        for _ in range(1500)
    ]
    (row,) = found.itertuples()
    assert row.spearman == pytest.approx(
        stats.spearmanr(runs.temperature, values.mean(axis=1)).statistic
    )
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert [row.low, row.high] == pytest.approx([low, high], abs=0.05)
    assert row.low < row.spearman < row.high


def test_intervals_that_overlap_are_not_disjoint():
    gaps = {"a": [0.5, 0.7], "b": [0.5, 0.6], "c": [0.45, 0.65]}
    runs = run_table({"a": 0.01, "b": 0.1, "c": 1})
    _, found = compare.gap_by_temperature(gap_measures(gaps), runs)
    assert not found.disjoint[0]
    assert not found.falls[0]  # the last two means are equal


def test_a_gap_that_hardly_rises_is_disjoint_too():
    gaps = {"a": [0.500, 0.501], "b": [0.6, 0.61], "c": [0.700, 0.701]}
    _, found = compare.gap_by_temperature(
        gap_measures(gaps), run_table({"a": 0.01, "b": 0.1, "c": 1})
    )
    assert found.disjoint[0]


def test_what_cannot_be_compared_is_named():
    measures = gap_measures({"a": [1], "b": [1], "c": [1]})
    with pytest.raises(ValueError, match=r"2 temperatures \(a, b\), expected at least 3"):
        compare.gap_by_temperature(measures, run_table({"a": 1, "b": 2}))
    with pytest.raises(ValueError, match="runs a, c all have temperature 1, fine_tuned False"):
        compare.gap_by_temperature(measures, run_table({"a": 1, "b": 2, "c": 1}))
    with pytest.raises(ValueError, match="no measures of run d"):
        compare.gap_by_temperature(measures, run_table({"a": 1, "b": 2, "d": 3}))


# Starts


def trajectories():
    rows = [
        (run, seed, step, gap, 2 * gap)
        for run, (before, after) in (("amended", AMENDED_START), ("random", RANDOM_START))
        for seed in range(3)
        for step, gap in ((100, after[seed]), (50, 9.0), (0, before[seed]))
    ]
    names = ["run", "seed", "step", "modality_gap", "training_modality_gap"]
    return pd.DataFrame(rows, columns=names)


def test_the_papers_starts_give_the_papers_numbers():
    """liang2022, Sec. 4.4: four means with 95% intervals, and 57%."""
    points, means = compare.starts(trajectories(), "random", ["amended"])
    assert points.run.unique().tolist() == ["random", "amended"]
    own = means[means.measure == "modality_gap"].set_index(["run", "quantity"])
    half = (own.high - own.low) / 2
    for run, quantity, mean, interval in (
        ("random", "before", 1.1891, 0.0017),
        ("random", "after", 1.2991, 0.0389),
        ("amended", "before", 0.0388, 0.0351),
        ("amended", "after", 0.7457, 0.0633),
    ):
        assert own["mean"][run, quantity] == pytest.approx(mean, abs=6e-5)
        assert half[run, quantity] == pytest.approx(interval, abs=6e-5)
    shares = np.divide(AMENDED_START[1], RANDOM_START[1])
    found = own.loc[("amended", "share_of_random"), ["mean", "low", "high"]]
    assert found.to_list() == pytest.approx(mean_interval(shares))
    assert round(found["mean"], 2) == 0.57
    rebuilt = np.subtract(*AMENDED_START[::-1])
    assert own["mean"]["amended", "rebuilt"] == pytest.approx(rebuilt.mean())
    assert (own.loc["random"].loc["share_of_random", ["mean", "low", "high"]] == 1).all()


def test_the_gap_in_training_is_compared_with_itself():
    _, means = compare.starts(trajectories(), "random", ["amended"])
    table = means.pivot(index=["run", "quantity"], columns="measure", values="mean")
    twice = table.training_modality_gap / table.modality_gap
    assert twice["amended", "rebuilt"] == pytest.approx(2)
    assert twice["amended", "share_of_random"] == pytest.approx(1)


def test_incomplete_starts_are_named():
    table = trajectories()
    with pytest.raises(ValueError, match="no trajectory of run other from step 0"):
        compare.starts(table, "random", ["other"])
    late = table[(table.step > 0) | (table.seed > 0)]
    with pytest.raises(ValueError, match="no trajectory of run random from step 0"):
        compare.starts(late, "random", ["amended"])
    fewer = table[(table.run == "amended") | (table.seed != 1)]
    with pytest.raises(ValueError, match="run random lacks seed 1"):
        compare.starts(fewer, "random", ["amended"])


# Mitigations


def test_differences_are_taken_seed_by_seed(random):
    base, other = random.standard_normal((2, 4))
    measures = gap_measures({"other": other, "base": base})
    shuffled = measures.sample(frac=1, random_state=1)
    table = compare.run_differences(shuffled, "base").set_index("run")
    interval = stats.ttest_rel(other, base).confidence_interval(0.95)
    row = table.loc["other"]
    assert (row.measure, row.seeds) == ("modality_gap", 4)
    assert [row["mean"], row.low, row.high] == pytest.approx(mean_interval(other))
    found = [row.difference, row.difference_low, row.difference_high]
    assert found == pytest.approx([(other - base).mean(), *interval])
    assert (table.loc["base", ["difference", "difference_low", "difference_high"]] == 0).all()


def test_seeds_without_a_partner_count_for_the_mean_alone():
    table = compare.run_differences(
        gap_measures({"base": [1.0, 2.0], "other": [3.0, 5.0, 10.0]}), "base"
    ).set_index("run")
    assert table["mean"]["other"] == 6
    assert table.difference["other"] == 2.5
    assert (table.seeds["other"], table.shared_seeds["other"]) == (3, 2)


def test_a_baseline_that_is_none_is_named():
    measures = gap_measures({"a": [1.0], "b": [1.0]})
    with pytest.raises(ValueError, match="no measures of baseline c, expected one of a, b"):
        compare.run_differences(measures, "c")
    measures.loc[1, "seed"] = 7
    with pytest.raises(ValueError, match="modality_gap: run b shares no seed with baseline a"):
        compare.run_differences(measures, "a")


# Tasks


def test_correlations_of_the_papers_runs_are_scipys():
    measures = papers_measures(FIXED.strip() + OTHERS)
    wide = measures.pivot(index="run", columns="measure", values="value")
    found = compare.measure_correlations(measures)
    assert len(found) == 4 * 2 * 2
    functions = {"spearman": stats.spearmanr, "pearson": stats.pearsonr}
    for row in found.itertuples():
        expected = functions[row.coefficient](wide[row.attribute], wide[row.task]).statistic
        assert row.value == pytest.approx(expected)
        assert row.low < row.value < row.high
        assert row.runs == 23


def test_over_all_the_papers_runs_retrieval_falls_with_the_gap():
    """Against yaras2024, Fig. 6, which shows a choice of them: the largest τ have the least gap."""
    found = compare.measure_correlations(papers_measures(FIXED.strip() + OTHERS))
    by = found[found.coefficient == "spearman"].set_index(["task", "attribute"]).value
    assert by["recall@1_image_to_text", "modality_gap"] > 0.3
    assert by["linear_probe", "modality_gap"] > 0.7
    chosen = papers_measures(FIXED)
    chosen = chosen[chosen.run.isin(["baseline", "0.02", "0.04", "0.07"])]
    found = compare.measure_correlations(chosen).set_index(["task", "attribute", "coefficient"])
    assert found.value["recall@1_image_to_text", "modality_gap", "spearman"] < 0


def test_a_run_counts_once_however_many_seeds_it_has(random):
    gaps = random.uniform(size=(5, 3))
    recalls = random.uniform(size=(5, 3))
    columns = {"modality_gap": gaps, "gaussian_uniformity": -gaps, "linear_probe": recalls}
    rows = [
        (run, seed, name, values[run, seed])
        for name, values in columns.items()
        for run in range(5)
        for seed in range(3)
    ]
    measures = pd.DataFrame(rows, columns=["run", "seed", "measure", "value"])
    found = compare.measure_correlations(measures)
    expected = stats.pearsonr(gaps.mean(axis=1), recalls.mean(axis=1)).statistic
    pearson = found[found.coefficient == "pearson"].set_index("attribute")
    assert pearson.value["modality_gap"] == pytest.approx(expected)
    assert pearson.value["gaussian_uniformity"] == pytest.approx(-expected)
    assert set(found.runs) == {5}


def test_the_interval_over_runs_is_the_bootstraps(random):
    x = random.standard_normal(20)
    y = x + random.standard_normal(20)
    drawn = random.integers(20, size=(4000, 20))
    for name, function in (("spearman", stats.spearmanr), ("pearson", stats.pearsonr)):
        values = [function(x[rows], y[rows]).statistic for rows in drawn[:1500]]
        expected = np.quantile(values, [0.025, 0.975])
        coefficient = compare.COEFFICIENTS[name]
        found = compare.bootstrap_interval([x, y], coefficient, 0, paired=True)
        assert found == pytest.approx(expected, abs=0.05)


def test_the_interval_holds_95_percent(random):
    """Of a mean, where the bootstrap is known to be ±1.96 standard errors; to 0.2 of them."""
    values = random.standard_normal(2000)
    low, high = compare.bootstrap_interval([values], np.mean, 0)
    error = values.std() / np.sqrt(len(values))
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.2 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.2 * error)
    assert (low, high) == compare.bootstrap_interval([values], np.mean, 0)
    assert (low, high) != compare.bootstrap_interval([values], np.mean, 1)


def test_few_runs_still_have_an_interval():
    """Of 3 runs, one resample in nine is a single run: no correlation."""
    measures = papers_measures("\n".join(FIXED.split("\n")[1:4]))
    found = compare.measure_correlations(measures)
    assert np.isfinite(found[["low", "high"]]).all(axis=None)


def test_tied_ranks_are_averaged():
    x, y = np.array([1, 2, 2, 3, 3, 3.0]), np.array([2, 1, 3, 3, 5, 4.0])
    assert compare.spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic)
    both = compare.spearman(np.stack([x, y]), np.stack([y, -y]))
    assert both == pytest.approx([compare.spearman(x, y), -1])


def test_too_few_runs_are_named():
    measures = papers_measures("\n".join(FIXED.split("\n")[1:3]))
    with pytest.raises(ValueError, match="2 runs, expected at least 3 to correlate"):
        compare.measure_correlations(measures)


# Long training


def test_a_gap_on_the_line_is_found_there():
    steps = np.array([0, 1, 50, 100, 1000, 400, 10_000])
    with np.errstate(divide="ignore"):
        gaps = np.where(steps < 100, 5.0, 0.2 + 3 / np.log(steps) ** 2)
    table = pd.DataFrame({"run": "long", "seed": 4, "step": steps, "modality_gap": gaps})
    other = table.assign(run="other", modality_gap=1.0)
    points, fit = compare.slow_closing_fit(pd.concat([other, table]), "long", 100)
    assert points.step.to_list() == [100, 400, 1000, 10_000]
    np.testing.assert_allclose(points.inverse_square_log, -1 / np.log(points.step) ** 2)
    assert fit.columns.to_list() == ["seed", "slope", "intercept", "r_squared"]
    assert fit.iloc[0].to_list() == pytest.approx([4, -3, 0.2, 1])


def test_every_seed_has_a_fit_of_its_own(random):
    steps = np.arange(100, 2000, 100)
    tables = [
        pd.DataFrame(
            {
                "run": "long",
                "seed": seed,
                "step": steps,
                "modality_gap": random.standard_normal(len(steps)),
            }
        )
        for seed in (1, 0)
    ]
    points, fit = compare.slow_closing_fit(pd.concat(tables), "long", 100)
    for seed, slope, intercept, r_squared in fit.itertuples(index=False):
        own = points[points.seed == seed]
        expected = np.polyfit(own.inverse_square_log, own.modality_gap, 1)
        assert [slope, intercept] == pytest.approx(expected)
        residual = own.modality_gap - np.polyval(expected, own.inverse_square_log)
        assert r_squared == pytest.approx(1 - residual.var(ddof=0) / own.modality_gap.var(ddof=0))
    assert fit.seed.to_list() == [0, 1]


def test_a_training_too_short_for_a_line_is_named():
    table = pd.DataFrame({"run": "a", "seed": 0, "step": [0, 50, 100, 150], "modality_gap": 1.0})
    with pytest.raises(ValueError, match="run a has fewer than 3 measurements from step 100"):
        compare.slow_closing_fit(table, "a", 100)
    longer = pd.concat([table, table.assign(seed=1, step=table.step + 100)])
    with pytest.raises(ValueError, match="run a has fewer than 3"):
        compare.slow_closing_fit(longer, "a", 100)
    with pytest.raises(ValueError, match="run b has fewer than 3"):
        compare.slow_closing_fit(table, "b", 10)
    with pytest.raises(ValueError, match="first step 1, expected at least 2"):
        compare.slow_closing_fit(table, "a", 1)


# Dimension


def test_gaps_by_dimension_come_in_order():
    measures = gap_measures({"wide": [0.3, 0.4], "narrow": [0.2, 0.3], "unasked": [9.0]})
    runs = pd.DataFrame({"run": ["wide", "narrow"], "dimension": [512, 64]})
    points, means = compare.gap_by_dimension(measures, runs)
    assert points.run.to_list() == ["narrow", "narrow", "wide", "wide"]
    assert means.dimension.to_list() == [64, 512]
    assert means.iloc[0].to_list()[1:] == pytest.approx(mean_interval(np.array([0.2, 0.3])))


def test_one_dimension_is_none_to_compare():
    measures = gap_measures({"a": [0.3], "b": [0.2]})
    runs = pd.DataFrame({"run": ["a", "b"], "dimension": [64, 64]})
    with pytest.raises(ValueError, match="runs a, b all have dimension 64, expected one run"):
        compare.gap_by_dimension(measures, runs)
    with pytest.raises(ValueError, match="alone, expected at least 2"):
        compare.gap_by_dimension(measures, runs[:1])


def trajectory(recalls):
    """Of a run whose recalls after the last step are these; the best ones come before that."""
    first, second = recalls
    rows = {
        "step": [5, 0, 10],
        "image_to_text_recall_at_1": [0.9, 0.0, first],
        "text_to_image_recall_at_1": [0.9, 0.0, second],
        "modality_gap": [0.5, 0.6, 0.4],
    }
    return pd.DataFrame(rows).sample(frac=1, random_state=0)


@pytest.mark.parametrize(
    ("recalls", "rates", "best", "told"),
    [
        ([(0.3, 0.1), (0.2, 0.4), (0.3, 0.2)], [1e-5, 1e-4, 1e-3], 1e-4, "learning rate 0.0001: "),
        ([(0.3, 0.3), (0.5, 0.3), (0.4, 0.4)], [0.1, 0.01, 0.001], 0.001, "0.001, the smallest "),
        ([(0.3, 0.4), (0.3, 0.1)], [0.1, 0.01], 0.1, "0.1, the largest that was tried: "),
    ],
)
def test_the_best_rate_has_the_highest_mean_recall_at_the_end(recalls, rates, best, told):
    """Of equals the smallest, whatever the order of the list."""
    table = compare.compare_learning_rates([trajectory(own) for own in recalls], rates)
    assert list(table.learning_rate) == sorted(rates)
    assert list(table.learning_rate[table.chosen]) == [best]
    means = dict(zip(rates, map(sum, recalls), strict=True))
    assert [2 * value for value in table.recall_at_1] == pytest.approx(
        [means[rate] for rate in sorted(rates)]
    )
    assert (table.step == 10).all()
    assert told in compare.describe_choice(table)
    assert f"{best:g} {means[best] / 2:.3f}" in compare.describe_choice(table)
