import pandas as pd
import pytest

from modality_gap.claims.verdicts import FAILS, HOLDS, UNDECIDED, judge


@pytest.mark.parametrize(("share", "verdict"), [(0.9, HOLDS), (0.2, FAILS), (0.5, UNDECIDED)])
def test_the_seeds_share_of_the_variance_is_held_against_one_half(share, verdict):
    row = {"family": "vit", "tower": "image", "inputs": "data", "share_between": share}
    table = pd.DataFrame([row | {"share_low": share - 0.05, "share_high": share + 0.05}])
    assert judge({"seed_cones": table}).verdict.tolist() == [verdict]
