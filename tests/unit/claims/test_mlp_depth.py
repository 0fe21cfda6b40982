import pandas as pd
import pytest

from modality_gap.claims.verdicts import FAILS, HOLDS, PARTLY, UNDECIDED, judge
from modality_gap.origin.mlp import depth_table

SIZES = {"width": 256, "inputs": 64, "layers": 8, "repeats": 8, "seed": 0}


def test_depth_makes_a_cone_where_there_is_an_activation():
    table = depth_table(activations=["none", "sigmoid", "relu"], **SIZES)
    plain, active, sigmoid = judge({"mlp_depth": table}).itertuples()
    assert (sigmoid.ids, sigmoid.verdict) == ("L038", HOLDS)
    least = sigmoid.evidence[0]
    assert least.low < least.value < least.high
    assert least.n == SIZES["repeats"]
    assert (plain.verdict, active.verdict) == (HOLDS, HOLDS)
    assert "in layer 8: none without bias" in plain.numbers
    assert "holds in 4 and fails in 0 of 4 cases" in active.numbers
    flat = judge({"mlp_depth": depth_table(activations=["tanh", "relu"], **SIZES)})
    assert flat.verdict.tolist() == [PARTLY], "tanh without a bias makes none"


@pytest.mark.parametrize(
    ("ends", "verdict"), [((0.5, 0.52), FAILS), ((0.0, 0.01), HOLDS), ((0.0, 0.19), UNDECIDED)]
)
def test_little_is_judged_by_the_interval(ends, verdict):
    rows = [
        {"activation": "none", "bias": True, "repeat": repeat, "layer": layer, "mean_cosine": value}
        for repeat, end in enumerate(ends)
        for layer, value in enumerate((0.0, end))
    ]
    assert judge({"mlp_depth": pd.DataFrame(rows)}).verdict.tolist() == [verdict]
