import numpy as np
import pytest

from modality_gap.origin.bounds import (
    cosine_bound,
    inner_product_table,
    layer_cosine,
    rising_cosines,
    rising_table,
    variance_table,
)


def layer_pairs(width, cosine, ratio, trials, random, inner=5):
    """Whole layers applied to u and v, with every weight drawn: what `rising_cosines` shortens."""
    v = np.eye(inner)[0]
    u = ratio * (cosine * v + np.sqrt(1 - cosine**2) * np.eye(inner)[1])
    weights = random.standard_normal((trials, width, inner)) / np.sqrt(width)
    bias = random.standard_normal((trials, width)) / np.sqrt(width)
    return (np.maximum(weights @ x + bias, 0) for x in (u, v))


@pytest.mark.parametrize(("width", "cosine", "ratio"), [(4, 0.5, 1), (16, 0.8, 2), (64, 0.7, 4)])
def test_drawing_pairs_is_drawing_layers(width, cosine, ratio, random):
    trials = 20_000
    u, v = layer_pairs(width, cosine, ratio, trials, random)
    lengths = np.linalg.norm(u, axis=1) * np.linalg.norm(v, axis=1)
    expected = ((u * v).sum(axis=1) > cosine * lengths)[lengths > 0].sum() / trials
    found = rising_cosines(width, cosine, ratio, trials, random) / trials
    assert found == pytest.approx(expected, abs=4 * np.sqrt(0.25 / trials * 2))


@pytest.mark.parametrize(("cosine", "ratio"), [(-0.4, 1), (0.3, 2), (0.9, 4)])
def test_a_wide_layer_has_the_closed_form_cosine(cosine, ratio, random):
    u, v = layer_pairs(200_000, cosine, ratio, 1, random)
    measured = (u * v).sum() / (np.linalg.norm(u) * np.linalg.norm(v))
    assert layer_cosine(cosine, ratio) == pytest.approx(measured, abs=0.01)


def test_below_the_bound_wide_layers_always_raise_the_cosine():
    for ratio in (1, 1.5, 2, 4):
        for cosine in np.linspace(-0.99, cosine_bound(ratio) - 1e-6, 50):
            assert layer_cosine(cosine, ratio) > cosine


def test_the_bound_is_one_for_equal_lengths_and_symmetric():
    assert cosine_bound(1) == 1
    assert cosine_bound(4) == cosine_bound(0.25) == pytest.approx(8 / 17)


def test_the_probability_rises_with_the_width_below_the_bound():
    table = rising_table([4, 32, 512], [2.0], [0.5], 2_000, seed=0)
    assert list(table.probability) == sorted(table.probability)
    assert table.probability.iloc[-1] > 0.99
    assert ((table.low <= table.probability) & (table.probability <= table.high)).all()
    assert table.wide_layer.all()


def test_far_above_the_bound_wide_layers_lower_the_cosine():
    table = rising_table([2048], [4.0], [0.98], 200, seed=0)
    assert table.probability.iloc[0] == 0
    assert not table.wide_layer.iloc[0]


def test_lemma_3_holds_with_equality_before_the_relu():
    table = inner_product_table(64, [-1.0, -0.3, 0.0, 0.6, 1.0], 4_000, seed=0)
    assert (table.closed_form >= table.lower_bound - 1e-12).all()
    np.testing.assert_allclose(table.before, table.lower_bound, atol=0.03)
    np.testing.assert_allclose(table.after, table.closed_form, atol=0.03)


def test_theorem_4_holds_at_every_depth():
    table = variance_table(width=48, inputs=64, layers=6, networks=60, seed=0)
    assert (table.from_weights > table.beta).all()
    assert (table.from_weights_low <= table.from_weights).all()
    assert list(table.from_weights) == sorted(table.from_weights)


def test_the_first_beta_is_that_of_the_inputs():
    """Unit inputs in all directions: their variance is 1 less the length of their mean, squared."""
    table = variance_table(width=32, inputs=50, layers=1, networks=2, seed=3)
    inputs = np.random.default_rng(3).standard_normal((50, 32))
    inputs /= np.linalg.norm(inputs, axis=1, keepdims=True)
    assert table.beta.iloc[0] == pytest.approx((inputs.mean(axis=0) ** 2).sum(), rel=1e-9)
