"""What theory says of a flow's gap: how slowly it closes, and that it grows at random starts.

yaras2024, Theorems 3.2 and 3.3, of the flow of `gradient_flow`.
"""

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import hyp0f1

from modality_gap.measures.gap import modality_gap
from modality_gap.measures.intervals import mean_interval
from modality_gap.origin.contrastive_loss import margin
from modality_gap.origin.gradient_flow import (
    flow_velocity,
    gradient_flow,
    parallel_embeddings,
    random_directions,
    record_times,
    start_state,
)

MAX_SCALE = 700  # exp(700) is a float64, exp(710) is not
SLACK = 0.1  # of the proof of Theorem 3.2: ω² ≤ (2/(e·slack))² exp(slack·ω) for every ω


def smallest_logit_scale(pairs: int, margin: float, height: float) -> float:
    """β₀ from which Theorem 3.2 holds: log(4(n − 1)) / (ᾱ(1 − γ₀²)) (yaras2024, Theorem 3.2).

    margin: ᾱ > 0, which the margin never falls below; height: γ₀.
    """
    if margin <= 0:
        raise ValueError(f"margin {margin:g}, expected a positive one: all pairs matched")
    return float(np.log(4 * (pairs - 1)) / (margin * (1 - height**2)))


def height_bound(
    times: np.ndarray, pairs: int, margin: float, height: float, logit_scale: float
) -> np.ndarray:
    """What γ(t) cannot fall below while the margin stays at least ᾱ, shape of times.

    margin: ᾱ; height and logit_scale: γ₀ and β₀ at time 0. The proof's bound on ω = 1/√γ is
    dω/dt = c₃ exp(−c₄ω), of which exp(c₄ω) = c₃c₄t + exp(c₄ω₀) is the solution (yaras2024, App.
    B.3, with its constants after integration corrected).
    """
    if logit_scale < smallest_logit_scale(pairs, margin, height) * (1 - 1e-9):
        least = smallest_logit_scale(pairs, margin, height)
        raise ValueError(f"logit scale {logit_scale:g}, expected at least {least:g} (Theorem 3.2)")
    c1 = 2 * margin * (pairs - 1) * logit_scale * np.sqrt(height)
    c2 = margin * logit_scale * np.sqrt(height) * (1 - height**2) * np.exp(-(height**2) / 4)
    c3 = c1 / 2 * (2 / (np.e * SLACK)) ** 2
    c4 = c2 - SLACK
    if c4 <= 0:
        raise ValueError(f"height {height:g} is too small for the proof: c₂ = {c2:.2g}, not > 0.1")
    with np.errstate(divide="ignore"):
        growth = np.log(c3 * c4) + np.log(times)
    return c4**2 / np.logaddexp(growth, c4 / np.sqrt(height)) ** 2


def slow_closing(
    pairs: int, dimension: int, seed: int, height: float, duration: float
) -> pd.DataFrame:
    """Flows from perfectly matched starts over many decades of time (yaras2024, Theorem 3.2).

    Random directions that both modalities share, and the smallest logit scale that the theorem
    admits. Columns of `gradient_flow`; flow: `fixed` or `moving`; bound: on the modality gap.
    Raises ValueError where the margin falls along the flow.
    """
    x = random_directions(np.random.default_rng(seed), pairs, dimension)
    alpha = margin(x @ x.T)
    logit_scale = smallest_logit_scale(pairs, alpha, height)
    tables = []
    for flow, rate in (("fixed", 0), ("moving", 1)):
        table, _ = gradient_flow(x, x, height, logit_scale, record_times(duration), rate)
        lowest = table.margin.min()
        if lowest < alpha * (1 - 1e-6):
            raise ValueError(
                f"the margin fell from {alpha:.3g} to {lowest:.3g}, which Theorem 3.2 excludes: "
                "expected a start (another seed) whose margin stays"
            )
        bound = 2 * height_bound(table.time.to_numpy(), pairs, alpha, height, logit_scale)
        tables.append(table.assign(flow=flow, bound=bound))
    return pd.concat(tables, ignore_index=True)


def exponential_moments(dimension: int, scale: float) -> tuple[float, float]:
    """ξ₁ = E[z·exp(az)] and ξ₂ = E[exp(az)] of the cosine z of two random directions.

    dimension: d ≥ 2; scale: a, from 0 to 700. As ₀F₁, which keeps its digits where the paper's
    product of a gamma and a Bessel function over- and underflows (yaras2024, Lemma B.3).
    """
    if dimension < 2:
        raise ValueError(f"dimension {dimension}, expected at least 2")
    if not 0 <= scale <= MAX_SCALE:
        raise ValueError(f"scale {scale:g}, expected a number from 0 to {MAX_SCALE}")
    quarter = scale**2 / 4
    xi_1 = scale / dimension * hyp0f1(dimension / 2 + 1, quarter)
    return float(xi_1), float(hyp0f1(dimension / 2, quarter))


def initial_growth_limit(dimension: int, height: float, logit_scale: float) -> float:
    """2 dγ/dt at a random start of infinitely many pairs, 4β₀γ₀ξ₁/ξ₂ (yaras2024, eq. 9)."""
    xi_1, xi_2 = exponential_moments(dimension, logit_scale * (1 - height**2))
    return 4 * logit_scale * height * xi_1 / xi_2


def initial_growth_bound(
    pairs: float, dimension: int, height: float, logit_scale: float, failure_probability: float
) -> float:
    """What 2 dγ/dt at a random start of n pairs exceeds, but with a probability δ (yaras2024, eq. 8).

    Below 0 where n is too small for the theorem to say anything.
    """
    scale = logit_scale * (1 - height**2)
    xi_1, xi_2 = (moment * np.exp(-scale) for moment in exponential_moments(dimension, scale))
    epsilon = np.sqrt(np.log((4 * pairs + 1) / failure_probability) / (2 * pairs))
    ratio = (xi_1 - 2 * epsilon) / (xi_2 + (1 - np.exp(-2 * scale)) * epsilon)
    return float(4 * logit_scale * height * (ratio - 2 * epsilon))


def pairs_needed(
    dimension: int, height: float, logit_scale: float, failure_probability: float
) -> float:
    """Pairs from which `initial_growth_bound` is above 0, so that Theorem 3.3 promises growth."""

    def bound(log_pairs: float) -> float:
        return initial_growth_bound(
            np.exp(log_pairs), dimension, height, logit_scale, failure_probability
        )

    if bound(MAX_SCALE) <= 0:
        return np.inf
    return float(np.exp(brentq(bound, 0, MAX_SCALE)))


def initial_growth(
    x: np.ndarray, y: np.ndarray, height: float, logit_scale: float
) -> dict[str, float]:
    """Growth at time 0 of 2γ and of the modality gap, embeddings held fixed and moving, by name.

    x, y: shape (n, d), rows of unit length. Since Δ² = (1 − γ²)‖c‖² + 4γ², c = mean(x) − mean(y),
    fixed embeddings give dΔ/dt = (2γ/Δ)(1 − ‖c‖²/4)·2 dγ/dt: less than 2 dγ/dt, not more.
    """
    velocity = flow_velocity(start_state(x, y, height, logit_scale), x.shape[1], 1)
    height_growth = height * velocity[0]
    centres = x.mean(axis=0) - y.mean(axis=0)
    x_change, y_change = velocity[2:].reshape(2, *x.shape)
    drift = centres @ (x_change.mean(axis=0) - y_change.mean(axis=0))
    gap = modality_gap(*parallel_embeddings(x, y, height))
    fixed = height * (4 - centres @ centres) * height_growth / gap
    return {
        "plane_distance": 2 * height_growth,
        "gap_fixed": fixed,
        "gap_moving": fixed + (1 - height**2) * drift / gap,
    }


def initial_growth_table(
    pairs: list[int],
    draws: int,
    dimensions: list[int],
    seed: int,
    height: float,
    logit_scale: float,
    failure_probability: float,
) -> pd.DataFrame:
    """Growth at random starts, against Theorem 3.3 (yaras2024, eqs. 8 and 9).

    Columns pairs, dimension, measure (of `initial_growth`), mean, low and high (95% interval of the
    mean over draws), growing_share (of draws with growth), limit, bound, pairs_needed.
    """
    tables = []
    random = np.random.default_rng(seed)
    for dimension in dimensions:
        where = dimension, height, logit_scale
        theory = {
            "dimension": dimension,
            "limit": initial_growth_limit(*where),
            "pairs_needed": pairs_needed(*where, failure_probability),
        }
        for number in pairs:
            found = pd.DataFrame(
                initial_growth(
                    *(random_directions(random, number, dimension) for _ in "xy"),
                    height,
                    logit_scale,
                )
                for _ in range(draws)
            )
            bound = initial_growth_bound(number, *where, failure_probability)
            tables.append(summarize_draws(found).assign(**theory, pairs=number, bound=bound))
    return pd.concat(tables, ignore_index=True)


def summarize_draws(draws: pd.DataFrame) -> pd.DataFrame:
    """Each column's mean with its 95% interval: measure, mean, low, high, growing_share."""
    rows = [
        [name, *mean_interval(values), float((values > 0).mean())] for name, values in draws.items()
    ]
    return pd.DataFrame(rows, columns=["measure", "mean", "low", "high", "growing_share"])
