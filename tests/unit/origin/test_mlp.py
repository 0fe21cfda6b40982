import numpy as np
import pandas as pd
import pytest
from conftest import ROOT
from scipy.integrate import dblquad
from scipy.stats import multivariate_normal

from modality_gap.origin.mlp import (
    ACTIVATIONS,
    activation_product,
    cosines_by_depth,
    depth_table,
    infinite_width_cosines,
    random_layers,
)

PUBLISHED = ROOT.parent / "shared/reference/fig2b_relu_curve.csv"


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(("variance", "correlation"), [(1.0, 0.3), (0.2, -0.6), (2.0, 0.95)])
def test_the_kernel_of_an_activation_equals_the_integral(activation, variance, correlation):
    act = ACTIVATIONS[activation]
    density = multivariate_normal([0, 0], variance * np.array([[1, correlation], [correlation, 1]]))
    reach = 7 * np.sqrt(variance)
    total = 0
    # Quadrant by quadrant: ReLUs have their kink on the axes.
    for s in ((-reach, 0), (0, reach)):
        for t in ((-reach, 0), (0, reach)):
            total += dblquad(
                lambda a, b: (
                    float(act(np.array(a))) * float(act(np.array(b))) * density.pdf([a, b])
                ),
                *s,
                *t,
                epsabs=1e-6,
            )[0]
    assert activation_product(activation, variance, correlation) == pytest.approx(total, abs=2e-5)


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_wide_networks_follow_the_prediction(activation, bias):
    width, layers = 1024, 5
    measured = np.mean(
        [cosines_by_depth(width, 96, layers, activation, bias, seed) for seed in range(4)], axis=0
    )
    predicted = infinite_width_cosines(layers, activation, 1 / width if bias else 0)
    np.testing.assert_allclose(measured, predicted, atol=0.03)


def test_layers_are_what_the_paper_says():
    """One layer by hand, from the same random numbers."""
    inputs = np.random.default_rng(5).standard_normal((7, 6))
    _, hidden = random_layers(inputs, 1, "tanh", True, np.random.default_rng(1))
    random = np.random.default_rng(1)
    weights, bias = random.standard_normal((6, 6)), random.standard_normal(6)
    expected = [
        [np.tanh((w @ x + b) / np.sqrt(6)) for w, b in zip(weights, bias, strict=True)]
        for x in inputs
    ]
    np.testing.assert_allclose(hidden, expected, rtol=1e-12)


def test_relu_with_bias_lies_on_the_published_curve():
    if not PUBLISHED.is_file():
        pytest.skip("the published curve is not here")
    published = pd.read_csv(PUBLISHED).mean_cosine.to_numpy()
    predicted = np.array(infinite_width_cosines(len(published) - 1, "relu", 1 / 512))
    measured = [
        cosines_by_depth(512, 1024, len(published) - 1, "relu", True, seed) for seed in range(3)
    ]
    # The published means count each of the 1,024 inputs with itself.
    for found, tolerance in ((predicted, 0.015), (np.mean(measured, axis=0), 0.03)):
        np.testing.assert_allclose((1023 * found + 1) / 1024, published, atol=tolerance)


def test_without_an_activation_there_is_no_cone():
    assert abs(np.array(cosines_by_depth(512, 256, 10, "none", False, 0))).max() < 0.01


def test_the_table_holds_every_network_and_layer():
    table = depth_table(16, 8, 3, ["relu", "none"], 2, 0)
    assert len(table) == 2 * 2 * 2 * 4
    one = table[(table.activation == "relu") & table.bias & (table.repeat == 1)]
    assert list(one.mean_cosine) == cosines_by_depth(16, 8, 3, "relu", True, 1)
    pd.testing.assert_frame_equal(table, depth_table(16, 8, 3, ["relu", "none"], 2, 0))


def test_an_unknown_activation_is_named():
    with pytest.raises(ValueError, match="'swish', expected one of none, sigmoid"):
        cosines_by_depth(4, 4, 1, "swish", False, 0)
