import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_1samp

from modality_gap.intervals import between_share, mean_interval, mean_intervals


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
