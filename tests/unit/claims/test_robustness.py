import pandas as pd

from modality_gap.claims.robustness import (
    noise_claims,
    robustness_claims,
    tradeoff_claims,
    two_class_claims,
    worthwhile_range,
)
from modality_gap.claims.verdicts import FAILS, HOLDS, PARTLY, UNDECIDED
from modality_gap.closing.two_class import two_class_table


def test_two_classes_are_as_robust_as_theory_says():
    table = two_class_table(32, 40, 0.6, 0.8, 0.5, [-1, 0, 1], [0.05, 0.1], 400, 0)
    assert [row[2] for row in two_class_claims(table)] == [HOLDS, HOLDS]


def test_the_papers_claims_hold_for_clip(clip_robustness):
    """chowers2026, Fig. 8, on CLIP ViT-B/16 and COCO."""
    exact = clip_robustness(None)
    assert [row[2] for row in robustness_claims(exact["controlled"])] == [HOLDS, HOLDS]
    near = clip_robustness(0.95)
    assert [row[2] for row in noise_claims(near["noises"])] == [HOLDS]
    assert [row[2] for row in tradeoff_claims(near["tradeoff"])] == [HOLDS, HOLDS]


def test_claims_fail_where_robustness_falls():
    """The same table with its change turned round; and one of both."""
    rows = pd.DataFrame({"alpha": [-1.0, 0, 1], "change": [-0.1, 0, 0.1]})
    rows = rows.assign(change_low=rows.change - 0.01, change_high=rows.change + 0.01)
    rows = rows.assign(distance="euclidean", deviation=0.1, robustness=0.5, unchanged=1.0)
    up = rows.assign(task="up", accuracy_change=0.0)
    low, high = -rows.change_high, -rows.change_low
    down = rows.assign(task="down", accuracy_change=0.2, change_low=low, change_high=high)
    for table, verdict in ((up, HOLDS), (down, FAILS), (pd.concat([up, down]), PARTLY)):
        assert {row[2] for row in robustness_claims(table)} == {verdict}


def test_noise_beyond_the_theorem_is_judged_by_itself():
    table = two_class_table(
        32, 40, 0.6, 0.8, 0.5, [0, 0.5, 1], [0.05], 800, 0, {"mean": 4, "share": 0.5}
    )
    claims = list(two_class_claims(table))
    assert [row[0] for row in claims] == [
        *["chowers2026, Theorem 3.4"] * 2,
        "chowers2026, App. A.4.1",
        *["chowers2026, App. A.4.2"] * 2,
    ]
    assert {row[2] for row in claims} == {HOLDS}
    falling = table.assign(predicted=table.predicted.to_numpy()[::-1])
    assert {row[2] for row in two_class_claims(falling)} == {FAILS}


def test_thresholds_that_may_gain_or_lose_decide_nothing():
    rows = pd.DataFrame({"threshold": [0, 0.1, 0.5], "change": [0, 0.05, 0.1]})
    rows = rows.assign(reading="cumulative_variance", task="t", deviation=0.1, accuracy_change=-0.1)
    wide = rows.assign(change_low=rows.change - 0.2, change_high=rows.change + 0.2)
    narrow = rows.assign(change_low=rows.change - 0.01, change_high=rows.change - 0.005)
    for table, verdict in ((wide, UNDECIDED), (narrow, FAILS)):
        assert [row[2] for row in tradeoff_claims(table)] == [verdict]


def test_the_worthwhile_thresholds_gain_more_than_they_lose():
    cell = pd.DataFrame({"threshold": [0, 0.01, 0.05, 0.2, 1.0]})
    cell["change_low"] = [0.01, 0.01, 0.05, 0.06, 0.05]
    cell["accuracy_change"] = [0, -0.02, -0.01, -0.05, -0.3]
    assert worthwhile_range(cell) == (0.05, 0.2)
