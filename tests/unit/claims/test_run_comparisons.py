import numpy as np
import pandas as pd
import pytest

from modality_gap.claims.verdicts import FAILS, HOLDS, PARTLY, UNDECIDED, judge
from modality_gap.training.run_comparisons import (
    SETTINGS,
    gap_by_dimension,
    gap_by_temperature,
    measure_correlations,
    run_differences,
    slow_closing_fit,
    starts,
)

# liang2022, Sec. 4.4: gap before and after training, three seeds.
RANDOM = [(1.1898, 1.3149), (1.1884, 1.2988), (1.1892, 1.2836)]
# Runs that are told apart by nothing but their names: none is a row of yaras2024's tables.
AS_IN_CLIP = dict.fromkeys(SETTINGS, None)
AMENDED = [(0.0314, 0.7472), (0.0551, 0.7195), (0.0299, 0.7704)]


def measures(values: dict[str, list[dict]]) -> pd.DataFrame:
    """A row a run, seed and measure."""
    rows = [
        {"run": run, "seed": seed, "measure": measure, "value": value}
        for run, seeds in values.items()
        for seed, found in enumerate(seeds)
        for measure, value in found.items()
    ]
    return pd.DataFrame(rows)


def only(claims: pd.DataFrame, claim: str) -> pd.Series:
    (row,) = [row for _, row in claims.iterrows() if row.claim.startswith(claim)]
    return row


def test_the_papers_own_starts_bear_out_the_papers_claims():
    rows = [
        {"run": run, "seed": seed, "step": step, "modality_gap": gap, "training_modality_gap": gap}
        for run, seeds in (("random", RANDOM), ("amended", AMENDED))
        for seed, gaps in enumerate(seeds)
        for step, gap in enumerate(gaps)
    ]
    _, means = starts(pd.DataFrame(rows), "random", ["amended"])
    claims = judge({"starts_means": means})
    assert list(claims.verdict) == [HOLDS] * 4
    late = means.assign(low=means.low + 0.2, high=means.high + 0.2)
    assert judge({"starts_means": late}).set_index("ids").verdict["L083"] == FAILS
    assert "0.039 [" in only(claims, "Training builds a gap").numbers
    assert "0.57" in only(claims, "It ends smaller").numbers


@pytest.mark.parametrize(("gaps", "verdict"), [((0.7, 0.3, 0.1), HOLDS), ((0.1, 0.3, 0.7), FAILS)])
def test_temperature_is_judged_step_by_step(random, gaps, verdict):
    found = measures(
        {
            f"run {number}": [{"modality_gap": gap + 0.01 * random.normal()} for _ in range(3)]
            for number, gap in enumerate(gaps)
        }
    )
    runs = pd.DataFrame(
        {
            "run": [f"run {number}" for number in range(3)],
            "policy": "fixed",
            "temperature": [0.01, 0.04, 0.1],
            "fine_tuned": False,
        }
    )
    points, _ = gap_by_temperature(found, runs)
    row = only(judge({"gap_by_temperature": points}), "Each higher temperature")
    assert row.verdict == verdict
    assert len(row.evidence) == 2


def mitigated(random, recalls: dict[str, float]) -> dict[str, pd.DataFrame]:
    """Tables of a baseline of gap 0.5 and recall 0.4, and of runs of gap 0.1 with these recalls."""
    values = {"baseline": (0.5, 0.4)} | {run: (0.1, recall) for run, recall in recalls.items()}
    names = ("recall@1_image_to_text", "recall@1_text_to_image", "zero_shot_top_1")
    found = measures(
        {
            run: [
                {"modality_gap": gap + 0.001 * random.normal(), "gaussian_uniformity": -gap}
                | {name: recall + 0.001 * random.normal() for name in names}
                for _ in range(4)
            ]
            for run, (gap, recall) in values.items()
        }
    )
    return {
        "mitigations": run_differences(found, "baseline").assign(**AS_IN_CLIP),
        "task_correlations": measure_correlations(found),
    }


@pytest.mark.parametrize(
    ("recalls", "verdict"),
    [
        ({"a": 0.5, "b": 0.6}, HOLDS),
        ({"a": 0.3, "b": 0.2}, FAILS),
        ({"a": 0.5, "b": 0.2}, PARTLY),
        ({"a": 0.4, "b": 0.4}, UNDECIDED),
    ],
)
def test_mitigations_are_judged_by_their_retrieval(recalls, verdict):
    claims = judge(mitigated(np.random.default_rng(1), recalls))
    row = only(claims, "Mitigations that shrink")
    assert row.verdict == verdict
    assert "smaller than that of baseline for a, b, of 2 runs" in row.numbers
    assert only(claims, "Each of the mitigations").verdict == HOLDS


@pytest.mark.parametrize(
    ("ends", "verdict"),
    [
        ({"a": (-0.3, -0.1), "b": (-0.2, -0.1)}, HOLDS),
        ({"a": (-0.3, -0.1), "b": (0.1, 0.2)}, PARTLY),
        ({"a": (0.1, 0.3), "b": (-0.1, 0.1)}, FAILS),
        ({"a": (-0.1, 0.1), "b": (-0.2, 0.2)}, UNDECIDED),
        ({"a": (np.nan, np.nan), "b": (np.nan, np.nan)}, UNDECIDED),
    ],
)
def test_each_mitigation_is_held_against_the_baselines_gap(ends, verdict):
    rows = [
        {"run": run, "measure": "modality_gap", "difference_low": low, "difference_high": high}
        | {"difference": (low + high) / 2, "shared_seeds": 30}
        for run, (low, high) in {"baseline": (0.0, 0.0), **ends}.items()
    ]
    row = only(
        judge({"mitigations": pd.DataFrame(rows).assign(**AS_IN_CLIP)}), "Each of the mitigations"
    )
    assert row.verdict == verdict
    assert row.numbers.endswith("of 2 runs")


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(-0.3, 0.4, HOLDS), (0.55, 0.9, FAILS), (-0.9, -0.6, FAILS), (-0.2, 0.7, UNDECIDED)],
)
def test_a_weak_correlation_is_judged_by_its_whole_interval(low, high, verdict):
    row = {"attribute": "modality_gap", "coefficient": "spearman", "value": (low + high) / 2}
    row |= {"low": low, "high": high}
    table = pd.DataFrame(
        [
            {"task": task, "runs": runs, **row}
            for task, runs in [("linear_probe", 8), ("pair_matching_text_to_image", 7)]
        ]
    )
    claims = judge({"task_correlations": table})
    assert only(claims, "Classification goes only weakly with the gap").verdict == verdict
    few = only(claims, "MMVP-VLM goes only weakly")
    assert (few.ids, few.verdict) == ("Y068", UNDECIDED)


def test_a_long_training_and_the_dimension():
    steps = np.arange(100, 2000, 50)
    gaps = 0.2 - 3 * (-1 / np.log(steps) ** 2) * -1
    rows = pd.DataFrame({"run": "long", "seed": 0, "step": steps, "modality_gap": -gaps})
    _, fit = slow_closing_fit(rows, "long", 100)
    found = measures({"64": [{"modality_gap": 0.5}], "512": [{"modality_gap": 0.52}]})
    runs = pd.DataFrame({"run": ["64", "512"], "dimension": [64, 512]})
    points, _ = gap_by_dimension(found, runs)
    claims = judge({"long_training_fit": fit, "gap_by_dimension": points})
    assert "R² at least 1.000" in only(claims, "The gap falls linearly").numbers
    assert only(claims, "The gap does not vary").verdict == HOLDS
