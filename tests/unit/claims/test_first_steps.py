import pandas as pd
import pytest

from modality_gap.claims.verdicts import FAILS, HOLDS, UNDECIDED, judge


@pytest.mark.parametrize(("change", "verdict"), [(0.2, HOLDS), (-0.2, FAILS), (0.0, UNDECIDED)])
def test_first_steps_are_judged_by_the_change_of_the_gap(random, change, verdict):
    rows = [
        {"seed": seed, "step": step, "modality_gap": 1 + change * step + noise}
        for seed, noises in enumerate(random.normal(0, 0.05, (12, 2)))
        for step, noise in enumerate(noises)
    ]
    claims = judge({"first_steps": pd.DataFrame(rows)})
    assert claims.verdict[0] == verdict
    assert claims.verdict[1] == (HOLDS if change > 0 else FAILS), "of every one"
    assert "over 12 initialisations" in claims.numbers[0]
