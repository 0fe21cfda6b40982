import pandas as pd
import pytest

from modality_gap.claims.verdicts import COLUMNS, judge


def gains_table(key, groups, metric, judged):
    """Gains of (name, choice, low, high, gap); moves that are not judged gain the opposite."""
    rows = [
        {
            key: name,
            "moved": moved,
            "metric": metric,
            "choice": choice,
            "gap": gap if moved == judged else "other",
            "before": 0.5,
            "baseline": 0.1,
            "gain": (low + high) / 2,
            "gain_low": low if moved == judged else 0.5 - low,
            "gain_high": high if moved == judged else 0.5 - high,
            "centre_distance": 0.02,
            "units": 90,
        }
        for name, choices in groups.items()
        for moved in ("images", "both", "texts")
        for choice, (low, high, gap) in choices.items()
    ]
    return pd.DataFrame(rows).assign(encoder="e", corpus="c", split="s")


def test_claims_follow_the_held_out_choice():
    flat, best = (-0.001, 0.002, "smaller"), (0.02, 0.05, "larger")
    groups = {
        "up": {"best": best, "held_out": (0.01, 0.04, "larger"), "closed": (-0.3, -0.1, "smaller")},
        "down": {"best": best, "held_out": (-0.04, -0.01, "larger"), "closed": flat},
        "flat": {"best": best, "held_out": flat, "closed": (-0.02, 0.001, "smaller")},
    }
    gains = gains_table("task", groups, "top_1", "both").assign(direction="task")
    per_class = gains.assign(metric="mean_per_class", gain_low=0.4, gain_high=0.5)
    found = judge({"zero_shot_gains": pd.concat([per_class, gains])})
    assert list(found.columns) == COLUMNS
    verdicts = found.groupby("ids").verdict.apply(list)
    assert verdicts.to_dict() == {
        "L090 L091 L092 L093 L094 L099 L100 L101": ["holds", "does not hold", "undecided"],
        "C006": ["does not hold", "holds", "undecided"],
        "L095": ["undecided"],
        "L133": ["holds"],
        "C004": ["does not hold"] * 3,
        "L096": ["undecided"],
    }
    assert "task=up" in found.evidence[0][0].row
    assert found.evidence[0][0].row.endswith("moved=both and choice=held_out")
    groups["flat"]["held_out"] = (0.01, 0.02, "smaller")
    gains = gains_table("task", groups, "roc_auc", "both").assign(direction="task")
    assert judge({"zero_shot_gains": gains}).verdict.iloc[-1] == "holds"
    groups["flat"]["held_out"] = (0.01, 0.02, "larger")
    gains = gains_table("task", groups, "roc_auc", "both").assign(direction="task")
    assert judge({"zero_shot_gains": gains}).verdict.iloc[-1] == "does not hold"


def test_a_model_at_chance_decides_nothing():
    choices = {"best": (0.1, 0.2, "larger"), "held_out": (0.1, 0.2, "larger")}
    choices["closed"] = (0.0, 0.0, "smaller")
    gains = gains_table("task", {"guess": choices}, "top_1", "both").assign(direction="task")
    found = judge({"zero_shot_gains": gains.assign(baseline=0.5)})
    assert set(found.verdict) == {"undecided"}
    assert found.numbers.str.contains("no better than always the same answer").sum() == 2
    assert "holds" in set(judge({"zero_shot_gains": gains}).verdict)


def verdicts_on(groups, moved="both"):
    """Verdicts by ids on gains of tasks, of which one way to move counts."""
    gains = gains_table("task", groups, "top_1", moved).assign(direction="task")
    found = judge({"zero_shot_gains": gains})
    return dict(zip(found.ids, found.verdict, strict=True))


def test_a_larger_gap_improves_several_tasks_where_two_gain_by_it():
    same = {"best": (0, 0, "same"), "closed": (-0.01, 0.01, "smaller")}
    gain = {gap: same | {"held_out": (0.01, 0.03, gap)} for gap in ("larger", "smaller")}
    none = same | {"held_out": (-0.01, 0.03, "larger")}
    larger, smaller = gain["larger"], gain["smaller"]
    for tasks, verdict in (
        ([larger, larger, smaller], "holds"),
        ([larger, none, smaller], "undecided"),
        ([larger, smaller], "does not hold"),
        ([larger], "undecided"),
    ):
        assert verdicts_on(dict(zip("abc", tasks, strict=False)))["L095"] == verdict


def test_another_gap_makes_a_difference_where_the_closed_one_does():
    """Of three tasks, intervals of 95% for all at once: ±0.010 becomes ±0.012."""
    same = {"best": (0, 0, "same"), "held_out": (0, 0, "same"), "closed": (-0.01, 0.01, "smaller")}
    for closed, verdict in (((-0.05, -0.03), "holds"), ((-0.021, -0.001), "undecided")):
        groups = {"a": same | {"closed": (*closed, "smaller")}, "b": same, "c": same}
        assert verdicts_on(groups)["L133"] == verdict


def test_texts_that_are_a_little_farther_away_are_judged_on_their_own():
    rows = {"best": (0, 0, "same"), "closed": (-0.01, 0.01, "smaller")}
    for held_out, verdict in (
        ((0.01, 0.03, "larger"), "holds"),
        ((0.01, 0.03, "smaller"), "does not hold"),
        ((-0.03, -0.01, "larger"), "does not hold"),
        ((-0.01, 0.01, "larger"), "undecided"),
    ):
        groups = {"a": rows | {"held_out": held_out}}
        assert verdicts_on(groups, "texts")["C004"] == verdict


@pytest.mark.parametrize(
    ("held_out", "verdict"),
    [
        ((0, 0, "same"), "holds"),
        ((-0.02, -0.01, "larger"), "holds"),
        ((0.01, 0.03, "smaller"), "does not hold"),
        ((-0.01, 0.03, "smaller"), "undecided"),
    ],
)
def test_claims_on_retrieval(held_out, verdict):
    choices = {"best": (0, 0, "same"), "held_out": held_out, "closed": (-0.005, 0.005, "smaller")}
    groups = {"image_to_text": choices, "text_to_image": choices}
    found = judge({"shifted_recall_gains": gains_table("direction", groups, "recall@1", "texts")})
    assert found.verdict.tolist() == ["holds", verdict, "holds"]
