import numpy as np

from modality_gap.claims.quantization import quantization_claims
from modality_gap.closing.projection import orthogonal_gap
from modality_gap.closing.quantization import quantization_table

SCHEMES = {"fixed_range": [4, 8], "sign": [1]}


def test_claims_name_every_scheme(pair):
    gap, pairs = orthogonal_gap(*pair, 0.9).vector, np.column_stack([np.arange(40)] * 2)
    table = quantization_table(*pair, pairs, gap, SCHEMES, [0.0, 1.0], 5, 10_000, 0)
    claims = list(quantization_claims(table))
    assert len(claims) == len(SCHEMES) + 1
    assert "4 bits" in claims[0][3]
    assert "8 bits" in claims[0][3]
    assert claims[-1][0] == "chowers2026, Theorem 3.5"
