import pandas as pd

from modality_gap.claims.verdicts import HOLDS, PARTLY, judge


def records(kept: dict[tuple, float], keys: list[str]) -> pd.DataFrame:
    """First and last step of runs that keep these shares of a gap of 2."""
    rows = [
        dict(zip(keys, run, strict=True))
        | {"seed": seed, "step": step, "modality_gap": gap}
        | {"local_gap_spread": 1 - share, "gap_cosine": 0.01}
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
    assert list(claims.verdict) == [HOLDS, PARTLY, PARTLY, PARTLY, HOLDS]
    assert "σ = 1, τ = 1: 0.05" in claims.numbers[1]
    assert "512 dimensions with 50 pairs, τ = 0.1: 0.80" in claims.numbers[2]
    assert "plane: 0 to 0, a: 1 to 1, b: 0.2 to 0.2" in claims.numbers[3]
    assert "a:" not in claims.numbers[4], "where the gap is gone there is no direction"
