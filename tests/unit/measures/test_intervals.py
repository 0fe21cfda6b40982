from math import comb

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, multinomial, ttest_1samp

from modality_gap.measures.intervals import (
    between_share,
    mcnemar,
    mean_interval,
    mean_intervals,
    paired_interval,
    wilson,
)


def test_the_interval_of_a_mean_is_students(random):
    values = random.standard_normal(9)
    mean, low, high = mean_interval(values)
    expected = ttest_1samp(values, 0).confidence_interval(0.95)
    np.testing.assert_allclose([mean, low, high], [values.mean(), *expected], rtol=1e-12)


def test_one_value_has_no_interval():
    mean, low, high = mean_interval(np.array([2.0]))
    assert mean == 2
    assert np.isnan([low, high]).all()


def test_intervals_by_group_keep_the_groups_order():
    table = pd.DataFrame({"name": ["b", "a", "b"], "value": [1.0, 5.0, 3.0]})
    found = mean_intervals(table, ["name"], "value")
    assert list(found["name"]) == ["b", "a"]
    assert list(found["mean"]) == [2, 5]


def test_the_share_between_groups_follows_the_law_of_total_variance(random):
    groups = random.standard_normal((6, 40, 3)) + 2 * random.standard_normal((6, 1, 3))
    within = groups.var(axis=1).sum(axis=1)
    share, low, high = between_share(groups.mean(axis=1), within)
    between = groups.mean(axis=1).var(axis=0, ddof=1).sum()
    assert share == pytest.approx(between / (between + within.mean()), rel=1e-12)
    assert 0 <= low < share < high <= 1


def test_one_group_cannot_be_compared():
    with pytest.raises(ValueError, match="1 group, expected at least 2"):
        between_share(np.ones((1, 2)), np.ones(1))


def test_the_interval_of_the_share_holds_the_true_one():
    """Centres N(0, I) and within-variance 2 in 2 dimensions: the true share is one half."""
    held = []
    for seed in range(400):
        random = np.random.default_rng(seed)
        _, low, high = between_share(random.standard_normal((12, 2)), np.full(12, 2.0))
        held.append(low <= 0.5 <= high)
    assert 0.9 < np.mean(held) < 0.98


def test_two_groups_have_a_share_but_no_interval(random):
    share, low, high = between_share(random.standard_normal((2, 3)), np.ones(2))
    assert 0 < share < 1
    assert np.isnan([low, high]).all()


def test_wilson_equals_scipy_and_stays_exact_at_the_ends():
    for n in (1, 7, 1550):
        count = np.unique(np.linspace(0, n, 8).astype(int))
        low, high = wilson(count, np.full(len(count), n))
        for k, *found in zip(count, low, high, strict=True):
            expected = binomtest(int(k), n).proportion_ci(method="wilson")
            assert found == pytest.approx([expected.low, expected.high], abs=1e-12)
        assert low[0] == 0
        assert high[-1] == 1


@pytest.mark.parametrize("shares", [(0.1, 0.05), (0.02, 0.02), (0.3, 0.1)])
def test_the_paired_interval_covers_the_change(shares):
    """By the exact probabilities of all outcomes of 40 pairs."""
    gained, lost = (part.ravel() for part in np.mgrid[:41, :41])
    kept = gained + lost <= 40
    gained, lost = gained[kept], lost[kept]
    cells = np.column_stack([gained, lost, 40 - gained - lost])
    probability = multinomial(40, [*shares, 1 - sum(shares)]).pmf(cells)
    low, high = paired_interval(gained, lost, np.full(len(gained), 40))
    truth = shares[0] - shares[1]
    assert probability[(low <= truth) & (truth <= high)].sum() > 0.94


def test_the_paired_interval_is_walds_with_half_an_item_in_each_cell():
    (low,), (high,) = paired_interval(np.array([9]), np.array([3]), np.array([50]))
    weights = np.array([9.5, 3.5, 39.0]) / 52
    values = np.array([1, -1, 0])
    mean = weights @ values
    error = np.sqrt((weights @ values**2 - mean**2) / 52)
    assert (low, high) == pytest.approx(
        (mean - 1.959964 * error, mean + 1.959964 * error), abs=1e-6
    )


def test_mcnemar_is_twice_the_binomial_tail():
    changes = np.repeat([1, -1, 0], [2, 9, 5])
    assert mcnemar(changes) == pytest.approx(2 * sum(comb(11, k) for k in range(3)) / 2**11)
    assert mcnemar(np.zeros(5)) == 1
