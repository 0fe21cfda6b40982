import numpy as np
import pandas as pd
import pytest

from modality_gap.claims.quantization import quantization_claims, rounded_gap_claims
from modality_gap.claims.verdicts import FAILS, HOLDS, PARTLY, UNDECIDED
from modality_gap.closing.projection import orthogonal_gap
from modality_gap.closing.quantization import quantization_table

SCHEMES = {"fixed_range": [4, 8], "sign": [1]}


def test_claims_name_every_scheme(pair):
    gap, pairs = orthogonal_gap(*pair, 0.9).vector, np.column_stack([np.arange(40)] * 2)
    table = quantization_table(*pair, pairs, gap, SCHEMES, [0.0, 1.0], 5, 10_000, 0)
    claims = list(quantization_claims(table))
    assert len(claims) == len(SCHEMES)
    assert "4 bits" in claims[0][3]
    assert "8 bits" in claims[0][3]
    assert {row.n for row in claims[0][4]} == {60}


def shares(place, gain, bits=(2, 4), closest=1.2, half=0.014):
    """Neighbours kept at α = 1 and at the α of the least rounded gap, and what that keeps more."""
    rows = [
        {"place": place, "scheme": scheme, "measure": measure, "bits": number, "alpha": alpha}
        | {"mean": 0.5 + gain * (alpha == closest), "closest": alpha == closest, "units": 600}
        | {"beyond_whole": gain * (alpha == closest)}
        for scheme, measure in (("fixed_range", "nearest_kept"), ("sign", "recall@1"))
        for number in bits
        for alpha in (0.0, 1.0, closest)
    ]
    table = pd.DataFrame(rows).drop_duplicates()
    return table.assign(beyond_whole_high=table.beyond_whole + half)


@pytest.mark.parametrize(
    ("gains", "verdict"),
    [
        ([0.05, 0.05], HOLDS),
        ([-0.05, -0.05], FAILS),
        ([0.05, 0.0], PARTLY),
        ([-0.05, 0.0], UNDECIDED),
        # Beyond the interval of one place, but not of twenty.
        ([0.0145], HOLDS),
        ([0.0145] * 20, UNDECIDED),
    ],
)
def test_the_gap_of_what_is_stored_is_held_against_that_of_what_is(gains, verdict):
    table = pd.concat([shares(f"p{number}", gain) for number, gain in enumerate(gains)])
    (row,) = rounded_gap_claims(table)
    assert row[2] == verdict
    assert "p0" in row[3]


def test_where_both_gaps_close_alike_nothing_is_compared():
    alike = shares("same", 0.0, closest=1.0)
    assert not list(rounded_gap_claims(alike))
    (row,) = rounded_gap_claims(pd.concat([alike, shares("p", 0.05)]))
    assert row[3].endswith("(p); the same α in 1 more")
