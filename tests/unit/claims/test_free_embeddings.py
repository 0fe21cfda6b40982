import pandas as pd
import pytest

from modality_gap.claims.verdicts import FAILS, HOLDS, PARTLY, UNDECIDED, judge
from modality_gap.origin.loss_geometry import arrangement_table

VARIANCES = ("variance_along_gap", "variance_across_gap", "assignment_variance")


def records(kept: dict[tuple, float], keys: list[str]) -> pd.DataFrame:
    """First and last step of runs that keep these shares of a gap of 2."""
    rows = [
        dict(zip(keys, run, strict=True))
        | {"seed": seed, "step": step, "modality_gap": gap}
        | {"local_gap_spread": 1 - share, "gap_cosine": 0.01, **dict.fromkeys(VARIANCES, 1.0)}
        for run, share in kept.items()
        for seed in range(3)
        for step, gap in ((0, 2.0), (9, 2.0 * share))
    ]
    return pd.DataFrame(rows)


def test_descent_is_judged_by_what_it_leaves_of_the_gap():
    plane = records(
        {("isotropic", 0.01, 0.1): 1.0, ("collapsed", 0.01, 0.1): 1.0, ("collapsed", 1, 1): 0.05},
        ["start", "deviation", "temperature"],
    )
    sphere = records(
        {("a", 3, 20, 0.1): 0.0, ("b", 512, 50, 0.1): 0.8},
        ["run", "dimension", "pairs", "temperature"],
    )
    claims = judge({"plane_records": plane, "sphere_records": sphere})
    of_order = claims.ids.isin(["C023", "C025", "C027", "C063"])
    claims = claims[~of_order].reset_index(drop=True)
    assert list(claims.ids[2:4]) == ["C015", "C078"]
    assert list(claims.verdict) == [HOLDS, FAILS, FAILS, HOLDS, PARTLY, HOLDS]
    assert claims.numbers[1] == "left at σ = 0.01, τ = 0.1: 1.00"
    assert "512 dimensions with 50 pairs, τ = 0.1: 0.80" in claims.numbers[3]
    assert "plane: 0 to 0, a: 1 to 1, b: 0.2 to 0.2" in claims.numbers[4]
    assert "a:" not in claims.numbers[5], "where the gap is gone there is no direction"


@pytest.mark.parametrize(
    ("along", "across", "sums", "verdicts"),
    [
        ((1e-6, 1e-3), 1.0, 1e-9, [HOLDS, HOLDS]),
        ((1.0, 1.0), 1e-6, 3.0, [FAILS, FAILS]),
        ((1e-6, 1e-3), 1.0, 0.0, [HOLDS, HOLDS]),  # none at all is left
    ],
)
def test_what_descent_does_first_is_judged_by_its_first_hundred_steps(
    along, across, sums, verdicts
):
    """Later the variance along the gap may be anything."""
    rows = [
        {"start": "isotropic", "deviation": 0.01, "temperature": 0.1, "seed": seed, "step": step}
        | {"modality_gap": 1.0, "assignment_variance": last * (1 + 0.1 * seed)}
        | {"variance_along_gap": left * (1 + 0.1 * seed), "variance_across_gap": wide}
        for seed in range(3)
        for step, left, wide, last in (
            (0, 1.0, 1.0, 1.0),
            (20, along[0], across, 1.0),
            (90, along[1], across, 1.0),
            (5000, 1e-12 if across < 1 else 9.0, across, sums),
        )
    ]
    other = pd.DataFrame(rows[:1]).assign(start="collapsed")
    found = judge({"plane_records": pd.concat([pd.DataFrame(rows), other])})
    of_order = found[found.ids.isin(["C023", "C025"])]
    assert of_order.verdict.tolist() == verdicts
    assert "of the start's, 3 runs" in of_order.numbers.iloc[0]


def test_one_run_decides_nothing_of_the_order():
    rows = records({("isotropic", 0.01, 0.1): 1.0}, ["start", "deviation", "temperature"])
    rows = pd.concat([rows, rows.assign(start="collapsed")])
    found = judge({"plane_records": rows[rows.seed == 0]})
    assert found[found.ids.isin(["C023", "C025"])].verdict.tolist() == [UNDECIDED, UNDECIDED]


def test_a_gap_costs_nothing_where_pairs_are_matched():
    table = arrangement_table([0.1, 1.0])
    found = judge({"loss_arrangements": table})
    assert found.verdict.tolist() == [HOLDS, HOLDS]
    assert "at τ = 0.1 the gap costs 0;" in found.numbers[0]
    warm = table[table.temperature == 1].assign(loss=table.loss.where(table.loss < 1, 0.9))
    assert judge({"loss_arrangements": warm}).verdict[1] == FAILS


def test_gaps_that_descent_closes_are_told_by_temperature():
    def sweep(left):
        return pd.DataFrame(
            [
                {"temperature": t, "dimension": 3, "initial_gap": gap, "seed": seed, "step": step}
                | {"modality_gap": gap if step == 0 else share * (gap or 1)}
                for (t, gap), share in left.items()
                for seed in range(2)
                for step in (0, 9)
            ]
        )

    closed = {(0.1, 0.0): 0.0, (0.1, 2.0): 0.9, (1.0, 0.0): 0.01, (1.0, 2.0): 0.05}
    found = judge({"sphere_sweep": sweep(closed)})
    assert found.verdict.tolist() == [HOLDS, HOLDS, HOLDS]
    assert found.numbers.tolist() == [
        "gap of 0.010 at most after 4 runs",
        "left at τ = 1 in 3 dimensions: 0.05",
        "left at τ = 1 in 3 dimensions: 0.05",
    ]
    found = judge({"sphere_sweep": sweep(closed | {(10.0, 2.0): 1.0, (10.0, 0.0): 0.4})})
    assert found.ids.tolist() == ["C083", "C082", "C080", "C081"]
    assert found.verdict.tolist() == [PARTLY, HOLDS, HOLDS, PARTLY]
    # What has not closed, and still falls, may close.
    begun = sweep({(1.0, 2.0): 0.5})
    early = begun[begun.step == 9].assign(step=5)
    for middle, verdict in ((1.2, UNDECIDED), (1.0, FAILS)):
        longer = pd.concat([begun, early.assign(modality_gap=middle)])
        assert set(judge({"sphere_sweep": longer}).verdict) == {verdict}
    assert judge({"sphere_sweep": sweep({(0.1, 2.0): 0.9})}).empty


def test_the_shared_caption_is_judged_for_each_loss():
    rows = pd.DataFrame(
        [
            {"loss_form": form, "initial_gap": gap, "seed": seed, "step": step}
            | {"modality_gap": gap * (share if step else 1.0)}
            for form, share in (("as defined", 0.9), ("as simplified", 0.0))
            for gap in (0.5, 2.0)
            for seed in range(2)
            for step in (0, 9)
        ]
    )
    found = judge({"shared_caption": rows})
    assert found.verdict.tolist() == [FAILS, HOLDS]
    assert found.numbers[0] == "left of it: 0.90 of 0.5, 0.90 of 2"
