import math

import numpy as np
import pytest
from scipy import stats

from modality_gap.claims.estimates import Estimate, every, in_each, of_interval, of_values
from modality_gap.claims.verdicts import FAILS, HOLDS, UNDECIDED
from modality_gap.measures.intervals import mean_interval


def test_intervals_are_students(random):
    x, y = random.normal(size=5), random.normal(size=8) * 3 + 1
    for compared in (1, 4):
        wanted = mean_interval(x, compared)
        assert (of_values(x).mean, *of_values(x).ends(compared)) == pytest.approx(wanted)
    mean, _, high = mean_interval(x)
    assert of_interval(mean, high, 4) == pytest.approx(of_values(x))
    wanted = stats.ttest_ind(x, y, equal_var=False).confidence_interval(0.95)
    assert of_values(x).less(of_values(y)).ends() == pytest.approx([*wanted])
    low, high = of_values(x).ends()
    assert of_values(x).times(-2).ends() == pytest.approx((-2 * high, -2 * low))


def test_what_has_no_spread_and_what_has_no_error():
    still = Estimate(1.0, 0.0, 2)
    assert still.less(Estimate(0.5, 0.0, 2)).ends() == (0.5, 0.5)
    one = of_values(np.array([3.0]))
    assert math.isnan(one.error)
    assert every([one]) == every([one.less(still)]) == UNDECIDED
    assert math.isnan(of_interval(1.0, math.nan, 0).error)


# Standard errors from 0, at 10 degrees of freedom: 2.23 are the end of a 95% interval.
UP, UNSURE, DOWN, FAR = (Estimate(mean, 1.0, 10) for mean in (2.5, 1.5, -2.5, -9.0))


@pytest.mark.parametrize(
    ("estimates", "verdict"),
    [
        ([UP, UP], HOLDS),
        ([UP, UNSURE], UNDECIDED),
        ([DOWN], FAILS),
        # Of so many, one is as far below by chance.
        ([UP] * 9 + [DOWN], UNDECIDED),
        ([UP] * 9 + [FAR], FAILS),
        ([], UNDECIDED),
    ],
)
def test_a_claim_on_all_is_none_on_one_of_them(estimates, verdict):
    assert every(estimates) == verdict


def test_claims_that_are_judged_together_have_wider_intervals():
    assert every([UP], 1) == HOLDS
    assert every([UP], 20) == UNDECIDED


def test_of_many_cases_each_is_judged_by_a_wider_interval():
    assert in_each([UP]) == [HOLDS]
    assert in_each([UP, FAR, UNSURE]) == [UNDECIDED, FAILS, UNDECIDED]
    assert in_each([]) == []
