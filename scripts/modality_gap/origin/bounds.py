"""What liang2022 proves of random ReLU layers, beside what random layers do."""

import math

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from modality_gap.measures.intervals import between_share, mean_interval
from modality_gap.origin.mlp import relu_product

VALUES_AT_A_TIME = 2**22


def cosine_bound(length_ratio: float) -> float:
    """Below this cosine, Theorem 1 promises that a layer raises it: 2r / (1 + r²), r = ‖u‖/‖v‖."""
    return 2 / (length_ratio + 1 / length_ratio)


def layer_cosine(cosine: float, length_ratio: float) -> float:
    """cos(φ(Wu + b), φ(Wv + b)) of an infinitely wide ReLU layer, for ‖v‖ = 1 and ‖u‖ = r."""
    return 2 * relu_product(correlation_before_relu(cosine, length_ratio))


def correlation_before_relu(cosine: float, length_ratio: float) -> float:
    """Correlation of (Wu + b)ₖ and (Wv + b)ₖ, for ‖v‖ = 1 and ‖u‖ = r (liang2022, App. D)."""
    product = length_ratio * cosine
    return (1 + product) / math.sqrt(2 * (1 + length_ratio**2))


def rising_cosines(
    width: int, cosine: float, length_ratio: float, trials: int, random: np.random.Generator
) -> int:
    """In how many of the trials one random ReLU layer raises the cosine of u and v (Theorem 1).

    width: d_out, with weights and biases from N(0, 1/d_out); ‖v‖ = 1 and ‖u‖ = length_ratio. The
    pairs ((Wu + b)ₖ, (Wv + b)ₖ) are independent normal pairs: they are drawn as such, so that the
    width of the input plays no part.
    """
    correlation = correlation_before_relu(cosine, length_ratio)
    rest = math.sqrt(1 - correlation**2)
    rising = 0
    at_a_time = max(1, VALUES_AT_A_TIME // width)
    for first in range(0, trials, at_a_time):
        shape = (min(at_a_time, trials - first), width)
        u, v = random.standard_normal((2, *shape))
        v = np.maximum(correlation * u + rest * v, 0)
        u = np.maximum(u, 0)
        lengths = np.sqrt((u * u).sum(axis=1) * (v * v).sum(axis=1))
        # A layer whose outputs are all zero has no direction, and raises nothing.
        rising += int(((u * v).sum(axis=1) > cosine * lengths)[lengths > 0].sum())
    return rising


def rising_table(
    widths: list[int], length_ratios: list[float], cosines: list[float], trials: int, seed: int
) -> pd.DataFrame:
    """Theorem 1 by Monte Carlo: the probability that a layer raises the cosine, with 95% intervals.

    Columns width, length_ratio, cosine, probability, low, high (Clopper-Pearson), bound
    (`cosine_bound`) and wide_layer (whether an infinitely wide layer raises this cosine).
    """
    random = np.random.default_rng(seed)
    rows = []
    for length_ratio in length_ratios:
        for width in widths:
            for cosine in cosines:
                rising = rising_cosines(width, cosine, length_ratio, trials, random)
                interval = binomtest(rising, trials).proportion_ci(0.95)
                rows.append(
                    {
                        "width": width,
                        "length_ratio": length_ratio,
                        "cosine": cosine,
                        "probability": rising / trials,
                        "low": interval.low,
                        "high": interval.high,
                        "bound": cosine_bound(length_ratio),
                        "wide_layer": layer_cosine(cosine, length_ratio) > cosine,
                    }
                )
    return pd.DataFrame(rows)


def inner_product_table(width: int, cosines: list[float], trials: int, seed: int) -> pd.DataFrame:
    """Lemma 3 by Monte Carlo, for unit vectors: 1 + u·v ≤ 2 E[φ(Wu + b) · φ(Wv + b)].

    Columns cosine; before, after (mean of (Wu + b) · (Wv + b), and twice that of the ReLUs), each
    with its 95% interval (…_low, …_high); lower_bound (1 + u·v) and closed_form (of `after`, by
    the arc-cosine kernel).
    """
    random = np.random.default_rng(seed)
    rows = []
    for cosine in cosines:
        correlation = correlation_before_relu(cosine, 1.0)
        u, v = random.standard_normal((2, trials, width))
        v = correlation * u + math.sqrt(1 - correlation**2) * v
        # Both vectors have variance (1 + 1) / width.
        before = 2 * (u * v).mean(axis=1)
        after = 2 * 2 * (np.maximum(u, 0) * np.maximum(v, 0)).mean(axis=1)
        rows.append(
            {
                "cosine": cosine,
                **named_interval("before", before),
                **named_interval("after", after),
                "lower_bound": 1 + cosine,
                "closed_form": 4 * relu_product(correlation),
            }
        )
    return pd.DataFrame(rows)


def named_interval(name: str, values: np.ndarray) -> dict[str, float]:
    """`mean_interval` of some values, as name, name_low and name_high."""
    return dict(zip((name, f"{name}_low", f"{name}_high"), mean_interval(values), strict=True))


def variance_table(width: int, inputs: int, layers: int, networks: int, seed: int) -> pd.DataFrame:
    """Theorems 2 and 4 by Monte Carlo: how much of the variance comes from the random weights.

    Deep ReLU networks with weights and biases from N(0, 1/d) see the same unit-length inputs.
    Columns layer (1, 2, …); from_weights: Var(E[h | Θ]) / Var(h), the share of the variance of a
    layer's outputs that lies between networks; beta: 1 − tr(Var[h | Θ]) of the layer before,
    averaged over the networks; each with a 95% jackknife interval over networks.
    """
    random = np.random.default_rng(seed)
    drawn = random.standard_normal((inputs, width))
    drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
    means = np.empty((layers, networks, width))
    within = np.empty((layers + 1, networks))
    for network in range(networks):
        hidden = drawn
        within[0, network] = hidden.var(axis=0).sum()
        for layer in range(layers):
            weights = random.standard_normal((width, width)) / math.sqrt(width)
            bias = random.standard_normal(width) / math.sqrt(width)
            hidden = np.maximum(hidden @ weights.T + bias, 0)
            means[layer, network] = hidden.mean(axis=0)
            within[layer + 1, network] = hidden.var(axis=0).sum()
    rows = []
    for layer in range(layers):
        share, low, high = between_share(means[layer], within[layer + 1])
        rows.append(
            {
                "layer": layer + 1,
                "from_weights": share,
                "from_weights_low": low,
                "from_weights_high": high,
                **named_interval("beta", 1 - within[layer]),
            }
        )
    return pd.DataFrame(rows)
