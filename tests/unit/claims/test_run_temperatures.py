import numpy as np
import pandas as pd
import pytest

from modality_gap.claims.verdicts import FAILS, HOLDS, UNDECIDED, judge
from modality_gap.training.run_comparisons import gap_by_temperature, slow_closing_fit

# yaras2024, Table 3: temperature, recall@1 of texts and of images.
TABLE_3 = {
    0.01: (0.8068, 0.6989),
    0.04: (0.8266, 0.7344),
    0.07: (0.8288, 0.7553),
    0.1: (0.7358, 0.6655),
    0.2: (0.2694, 0.2397),
    0.4: (0.087, 0.069),
}
# liang2022, Fig. 8, the authors' code: 1/τ and the gap after an epoch; .8262 before.
FIG_8 = {1: 0.2384, 10: 0.3028, 20: 0.5524, 30: 0.6352, 50: 0.7961, 100: 1.0006}
SEEDS = (-1e-4, 0.0, 2e-4)


def tables(runs, fine_tuned, before=np.nan):
    """Of runs by temperature, whose gap and two recalls their seeds change a little."""
    names = ("modality_gap", "recall_pool@1_image_to_text", "recall_pool@1_text_to_image")
    measures = pd.DataFrame(
        [
            {
                "run": f"at {value:g}",
                "seed": seed,
                "measure": name,
                "value": level + (place + 1) * by,
            }
            for place, (value, levels) in enumerate(runs.items())
            for seed, by in enumerate(SEEDS)
            for name, level in zip(names, levels, strict=True)
        ]
    )
    told = pd.DataFrame({"run": [f"at {value:g}" for value in runs], "temperature": list(runs)})
    told = told.assign(policy="fixed", fine_tuned=fine_tuned)
    points, correlations = gap_by_temperature(measures, told)
    correlations["before"] = before
    return {"gap_by_temperature": points, "temperature_correlations": correlations}


def judged(found, wording):
    claims = judge(found)
    return claims[claims.claim.str.contains(wording)].reset_index(drop=True)


def recalls(changed):
    return tables({value: (0.1, *own) for value, own in (TABLE_3 | changed).items()}, False)


@pytest.mark.parametrize(
    ("changed", "best", "breaks"),
    [
        ({}, HOLDS, HOLDS),
        ({0.04: (0.84, 0.7344)}, FAILS, HOLDS),
        ({0.04: TABLE_3[0.07]}, UNDECIDED, HOLDS),
        ({0.2: (0.5, 0.5)}, HOLDS, FAILS),
    ],
)
def test_retrieval_is_best_at_one_fixed_temperature(changed, best, breaks):
    found = judged(recalls(changed), "etriev")
    assert found.verdict.tolist() == [best, breaks]
    assert "0.792 at τ = 0.07, 0.701 at τ = 0.1" in found.numbers[0]


def test_without_that_temperature_nothing_is_said_of_it():
    others = {value: (0.1, *own) for value, own in TABLE_3.items() if value != 0.07}
    assert judged(tables(others, False), "etriev").empty
    assert judged(
        tables({value: (0.1, *own) for value, own in TABLE_3.items()}, True), "etriev"
    ).empty


def test_without_recall_at_1_nothing_is_said_of_retrieval():
    found = recalls({})
    points = found["gap_by_temperature"]
    found["gap_by_temperature"] = points.loc[:, ~points.columns.str.startswith("recall")]
    assert judged(found, "etriev").empty


def tuned(changed):
    gaps = {1 / scale: gap for scale, gap in (FIG_8 | changed).items()}
    return tables({value: (gap, 0.5, 0.5) for value, gap in gaps.items()}, True, before=0.8262)


@pytest.mark.parametrize(
    ("changed", "high", "low"),
    [
        ({}, HOLDS, HOLDS),
        ({10: 0.5}, FAILS, HOLDS),
        ({50: 0.3}, HOLDS, FAILS),
        ({100: 0.4131}, HOLDS, UNDECIDED),
    ],
)
def test_what_fine_tuning_leaves_of_the_gap_is_held_against_half(changed, high, low):
    found = judged(tuned(changed), "Fine-tuned")
    assert found.verdict.tolist() == [high, low]
    assert found.numbers[0].startswith("gap 0.826 before; of it are left 0.")
    assert found.numbers[0].count("(at ") == found.numbers[1].count("(at ") == 2


def test_no_gap_before_is_no_claim():
    found = tuned({})
    found["temperature_correlations"]["before"] = np.nan
    assert judged(found, "Fine-tuned").empty


def long(gaps, matched=0.2):
    """A long training of three seeds from step 100 on, and a step before it."""
    rows = pd.concat(
        [
            pd.DataFrame(
                {"run": "long", "seed": seed, "step": [50, *range(100, 1000, 100)]}
            ).assign(modality_gap=[0.9, *(np.asarray(gaps) + by)], matched_share=matched + by)
            for seed, by in enumerate(SEEDS)
        ]
    )
    points, fit = slow_closing_fit(rows, "long", 100)
    return {"long_training": points, "long_training_fit": fit, "long_trajectories": rows}


STEPS = np.arange(100, 1000, 100)
LINE = 0.2 + 3 / np.log(STEPS) ** 2


@pytest.mark.parametrize(
    ("rise", "verdict"), [(0, HOLDS), (0.005, HOLDS), (0.02, FAILS), (0.01, UNDECIDED)]
)
def test_a_gap_that_rises_again_does_not_only_fall(rise, verdict):
    gaps = LINE.copy()
    gaps[5:] += gaps[4] - gaps[5] + rise
    found = long(gaps)
    if verdict == UNDECIDED:  # each seed a little more or less than a trifle
        found["long_training"].loc[found["long_training"].seed == 0, "modality_gap"] *= 1.001
        found["long_training"].loc[found["long_training"].seed == 1, "modality_gap"] *= 0.998
    row = judged(found, "only falls")
    assert row.claim.tolist() == ["From step 100 on the gap only falls"]
    assert row.verdict.tolist() == [verdict]


def test_a_gap_that_grows_does_not_fall():
    assert judged(long(LINE[::-1]), "only falls").verdict.tolist() == [FAILS]
    still = judged(long(np.full(9, 0.5)), "only falls")
    assert still.verdict.tolist() == [UNDECIDED], "it does not rise, and does not fall"
    one = {name: rows[rows.seed == 0] for name, rows in long(LINE).items()}
    assert judged(one, "only falls").verdict.tolist() == [UNDECIDED], "one seed"


@pytest.mark.parametrize(("matched", "verdict"), [(0.2, HOLDS), (0.8, FAILS), (0.5, UNDECIDED)])
def test_the_line_begins_while_pairs_are_mismatched(matched, verdict):
    row = judged(long(LINE, matched), "still mismatched")
    assert row.verdict.tolist() == [verdict]
    assert "at step 100; R² at least 1.000" in row.numbers[0]
    bent = long(np.where(STEPS < 500, 0.5, 0.1) + 0.1 * (STEPS == 100))
    assert judged(bent, "still mismatched").verdict.tolist() == [UNDECIDED], "there is no line"
