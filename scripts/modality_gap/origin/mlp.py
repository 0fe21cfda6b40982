"""Cones of random networks without any training: cosine against depth, in theory and measured."""

import math
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from scipy.special import erf, expit

from modality_gap.measures.gap import mean_cosine

LEAK = 0.01


def gelu(x: np.ndarray) -> np.ndarray:
    """X · Φ(x), with Φ the standard normal distribution function."""
    return x * (0.5 * (1 + erf(x / math.sqrt(2)))).astype(x.dtype, copy=False)


def leaky_relu(x: np.ndarray) -> np.ndarray:
    """X where positive, 0.01 x elsewhere."""
    return np.maximum(x, LEAK * x)


ACTIVATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "none": lambda x: x,
    "sigmoid": expit,
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": leaky_relu,
    "gelu": gelu,
    "quick_gelu": lambda x: x * expit(1.702 * x),
}


def random_layers(
    inputs: np.ndarray, layers: int, activation: str, bias: bool, random: np.random.Generator
) -> Iterator[np.ndarray]:
    """The inputs, then what each layer makes of them: φ(Wx + b), W and b from N(0, 1/d).

    inputs: shape (n, d); every layer is d wide (liang2022, Sec. 2.2). Raises ValueError for an
    unknown activation.
    """
    if activation not in ACTIVATIONS:
        known = ", ".join(ACTIVATIONS)
        raise ValueError(f"unknown activation {activation!r}, expected one of {known}")
    width = inputs.shape[1]
    scale = inputs.dtype.type(1 / math.sqrt(width))
    hidden = inputs
    yield hidden
    for _ in range(layers):
        weights = random.standard_normal((width, width), dtype=inputs.dtype) * scale
        hidden = hidden @ weights.T
        if bias:
            hidden += random.standard_normal(width, dtype=inputs.dtype) * scale
        hidden = ACTIVATIONS[activation](hidden)
        yield hidden


def cosines_by_depth(
    width: int, inputs: int, layers: int, activation: str, bias: bool, seed: int
) -> list[float]:
    """Mean cosine of all pairs of different inputs after 0, 1, … layers (liang2022, Fig. 2b).

    The inputs are drawn from N(0, I). Returns layers + 1 values.
    """
    random = np.random.default_rng(seed)
    drawn = random.standard_normal((inputs, width), dtype=np.float32)
    return [
        mean_cosine(unit_rows(hidden))
        for hidden in random_layers(drawn, layers, activation, bias, random)
    ]


def unit_rows(hidden: np.ndarray) -> np.ndarray:
    """Rows scaled to unit length, however short depth has made them; shape (n, d)."""
    # In float64: without a bias, depth shrinks rows until their squares vanish in float32.
    hidden = hidden.astype(np.float64)
    return hidden / np.linalg.norm(hidden, axis=1, keepdims=True)


def depth_table(
    width: int, inputs: int, layers: int, activations: list[str], repeats: int, seed: int
) -> pd.DataFrame:
    """`cosines_by_depth` of every activation, with and without bias, and the prediction beside it.

    Columns activation, bias, repeat, layer, mean_cosine, and predicted_cosine: that of an
    infinitely wide network (`infinite_width_cosines`).
    """
    tables = []
    for activation in activations:
        for bias in (False, True):
            predicted = infinite_width_cosines(layers, activation, 1 / width if bias else 0.0)
            for repeat in range(repeats):
                measured = cosines_by_depth(width, inputs, layers, activation, bias, seed + repeat)
                tables.append(
                    pd.DataFrame(
                        {
                            "activation": activation,
                            "bias": bias,
                            "repeat": repeat,
                            "layer": range(layers + 1),
                            "mean_cosine": measured,
                            "predicted_cosine": predicted,
                        }
                    )
                )
    return pd.concat(tables, ignore_index=True)


def infinite_width_cosines(layers: int, activation: str, bias_variance: float) -> list[float]:
    """Cosine of two orthogonal inputs after 0, 1, … layers of infinite width.

    The recursion of a Gaussian process: where two inputs have second moments q (per unit) and
    correlation ρ before the activation, q′ = E[φ(√q u)²] and the product E[φ(√q u) φ(√q v)]
    after it, over standard normal u, v of correlation ρ; the next layer adds the variance of its
    bias to both. bias_variance: of one bias; 1/d at width d. Returns layers + 1 values.
    """
    second_moment, product = 1.0, 0.0
    cosines = [0.0]
    for _ in range(layers):
        variance, covariance = second_moment + bias_variance, product + bias_variance
        second_moment = activation_product(activation, variance, 1.0)
        product = activation_product(activation, variance, covariance / variance)
        cosines.append(product / second_moment)
    return cosines


def activation_product(activation: str, variance: float, correlation: float) -> float:
    """E[φ(s) φ(t)] over centred normal s and t of one variance and a correlation in [−1, 1].

    ReLUs by the arc-cosine kernel (Cho & Saul 2009), the smooth activations by Gauss-Hermite
    quadrature.
    """
    correlation = min(1.0, max(-1.0, correlation))
    if activation == "none":
        return variance * correlation
    if activation in ("relu", "leaky_relu"):
        leak = LEAK if activation == "leaky_relu" else 0.0
        # φ(s) = leak · s + (1 − leak) · max(s, 0), and E[s · max(t, 0)] = variance · ρ / 2.
        mixed = leak**2 * correlation + leak * (1 - leak) * correlation
        return variance * (mixed + (1 - leak) ** 2 * relu_product(correlation))
    nodes, weights = np.polynomial.hermite_e.hermegauss(128)
    weights = weights / weights.sum()
    first = math.sqrt(variance) * nodes[:, None]
    rest = math.sqrt(max(0.0, 1 - correlation**2))
    second = correlation * first + rest * math.sqrt(variance) * nodes[None, :]
    act = ACTIVATIONS[activation]
    return float(weights @ (act(first) * act(second)) @ weights)


def relu_product(correlation: float) -> float:
    """E[max(u, 0) max(v, 0)] over standard normal u and v: the arc-cosine kernel of degree 1."""
    angle = math.acos(correlation)
    return (math.sin(angle) + (math.pi - angle) * correlation) / (2 * math.pi)
