import pytest

from modality_gap.claims.verdicts import FAILS, HOLDS, UNDECIDED, judge
from modality_gap.origin.bounds import inner_product_table, rising_table, variance_table


@pytest.fixture(scope="module")
def rising():
    return rising_table([8, 512], [1, 2], [-0.5, 0.0, 0.5, 0.9], 200, 0)


def test_theorem_1_is_judged_on_the_widest_layer_below_the_bound(rising):
    found = judge({"rising_cosine": rising})
    assert found.verdict.tolist() == [HOLDS, HOLDS, HOLDS]
    assert found.ids.tolist() == ["L048", "L049", "L050"]
    assert "at width 512, 7 cosines and ratios" in found.numbers[0], "0.9 lies above 2r/(1 + r²)"
    for low, high, verdict in ((0.1, 0.3, FAILS), (0.4, 0.6, UNDECIDED)):
        other = rising.assign(low=low, high=high)
        assert judge({"rising_cosine": other}).verdict[0] == verdict


def test_the_bound_of_theorem_1_is_that_of_its_formula(rising):
    for low, high, verdict in ((0.6, 0.7, HOLDS), (0.4, 0.6, UNDECIDED), (0.2, 0.4, FAILS)):
        other = rising.assign(low=low, high=high)
        assert judge({"rising_cosine": other}).verdict[1] == verdict
    moved = rising.assign(bound=rising.bound - 0.1)
    assert judge({"rising_cosine": moved}).verdict[1] == FAILS


def test_the_chance_of_no_rise_falls_with_the_width(rising):
    turned = rising.assign(width=rising.width.max() + rising.width.min() - rising.width)
    assert judge({"rising_cosine": turned}).verdict[2] != HOLDS, "no chance that could fall"
    chances = rising.assign(low=0.3, high=0.4, probability=0.35)
    assert judge({"rising_cosine": chances}).verdict[2] == UNDECIDED
    falls = chances.assign(low=chances.low.where(chances.width == 8, 0.1), high=0.2)
    falls.loc[falls.width == 8, "high"] = 0.4
    assert judge({"rising_cosine": falls}).verdict[2] == FAILS


def test_theorem_2_is_judged_layer_by_layer():
    variance = variance_table(64, 64, 4, 30, 0)
    found = judge({"layer_variance": variance})
    assert found.verdict.tolist() == [HOLDS, HOLDS]
    assert "above it in 4 of 4 layers" in found.numbers[0]
    below = variance.assign(beta_low=1, beta_high=1)
    below = below.assign(from_weights_low=0.4, from_weights_high=0.5)
    assert judge({"layer_variance": below}).verdict.tolist() == [FAILS, UNDECIDED]
    unknown = variance.assign(beta_low=0.0, beta_high=1.0)
    assert judge({"layer_variance": unknown}).verdict[0] == UNDECIDED
    turned = variance.iloc[::-1].reset_index(drop=True)
    assert judge({"layer_variance": turned}).verdict[1] == FAILS


def test_lemma_3_holds_with_equality_at_cosine_1():
    products = inner_product_table(64, [-1.0, 0.0, 1.0], 2000, 0)
    found = judge({"inner_product": products})
    assert found.ids.tolist() == ["L056", "L057"]
    assert found.verdict.tolist() == [HOLDS, HOLDS]
    assert "by 0.000 at least (cosine 1), 0.637 at most" in found.numbers[1], "2/π at cosine −1"
    wrong = products.assign(closed_form=products.closed_form - 0.1)
    assert judge({"inner_product": wrong}).verdict.tolist() == [HOLDS, FAILS]
    against = products.assign(before_low=products.after_high + 0.1)
    assert judge({"inner_product": against}).verdict.tolist() == [HOLDS, FAILS]
    lower = products.assign(before=products.before - 0.2, before_high=products.before_high - 0.2)
    assert judge({"inner_product": lower}).verdict.tolist() == [FAILS, HOLDS]
