import pandas as pd
import pytest

from modality_gap.claims.verdicts import FAILS, HOLDS, UNDECIDED, judge


@pytest.mark.parametrize(("share", "verdict"), [(0.9, HOLDS), (0.2, FAILS), (0.5, UNDECIDED)])
def test_the_seeds_share_of_the_variance_is_held_against_one_half(share, verdict):
    row = {"family": "vit", "trained": False, "tower": "image", "inputs": "data"}
    row["share_between"] = share
    table = pd.DataFrame([row | {"share_low": share - 0.05, "share_high": share + 0.05}])
    assert judge({"seed_cones": table}).verdict.tolist() == [verdict]


def test_trained_networks_are_another_claim():
    row = {"family": "vit", "tower": "image", "inputs": "data", "share_between": 0.9}
    rows = [row | {"trained": trained} for trained in (False, True)]
    found = judge({"seed_cones": pd.DataFrame(rows).assign(share_low=0.8, share_high=0.95)})
    assert found.source.tolist() == ["liang2022, Fig. 2c, Theorem 2", "liang2022, Fig. 13"]
    assert found.claim.str.contains("that were trained").tolist() == [False, True]
