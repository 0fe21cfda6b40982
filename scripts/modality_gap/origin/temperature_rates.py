"""How fast the gap closes under four rules for the temperature (yaras2024, App. C)."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.integrate import solve_ivp
from scipy.special import exp1, lambertw

from modality_gap.origin.gradient_flow import SOLVER, record_times


def scalar_flow(
    height: float,
    logit_scale: float,
    times: np.ndarray,
    scale_velocity: Callable[[float, float], float],
) -> tuple[np.ndarray, np.ndarray]:
    """Log γ and β along the flow of ℓ(m) = exp(−m), m = β(1 − γ²), at ascending times from 0.

    scale_velocity: dβ/dt of (β, −dℓ/dβ) (yaras2024, Sec. 3.1 and App. C).
    """

    def velocity(_: float, state: np.ndarray) -> list[float]:
        log_height, scale = state
        shrink = -np.expm1(2 * log_height)
        loss = np.exp(-scale * shrink)
        return [-2 * scale * loss, scale_velocity(scale, shrink * loss)]

    start = [np.log(height), logit_scale]
    solution = solve_ivp(velocity, (0, times[-1]), start, t_eval=times, **SOLVER)
    return solution.y[0], solution.y[1]


def learned_exponential(height: float, logit_scale: float, times: np.ndarray) -> pd.DataFrame:
    """β = exp(ν), learned: γ ~ C²/β² and exp(β)/β² ~ t, with C = β₀√γ₀ exp(−γ₀²/4).

    So γ falls as C²/log² t. The second law is solved by Lambert's W, from t = e²/4 on.
    """
    log_height, scale = scalar_flow(
        height, logit_scale, times, lambda scale, downhill: scale**2 * downhill
    )
    late = np.where(times > np.e**2 / 4, times, np.nan)
    theory = -2 * lambertw(-0.5 / np.sqrt(late), k=-1).real
    constant = logit_scale * np.sqrt(height) * np.exp(-(height**2) / 4)
    return scheme_table("exponential", times, log_height, scale, 2 * np.log(constant / theory))


def learned_directly(height: float, logit_scale: float, times: np.ndarray) -> pd.DataFrame:
    """β = ν, learned: β² + log γ − γ²/2 is constant and exp(β) ~ t, so γ falls as t^(−log t)."""
    log_height, scale = scalar_flow(height, logit_scale, times, lambda _, downhill: downhill)
    theory = (
        np.log(height) + logit_scale**2 - height**2 / 2 - np.log(times + np.exp(logit_scale)) ** 2
    )
    return scheme_table("direct", times, log_height, scale, theory)


def late_constant(height: float, logit_scale: float) -> float:
    """Log of the factor K that a γ near 1 leaves behind: γ ~ K·exp(−2∫β exp(−β) dt).

    From E₁(βγ²) = E₁(βγ₀²) + 4β exp(−β)·t, exact for constant β, and E₁(u) ~ −log u − 0.577….
    """
    return float(-(np.euler_gamma + exp1(logit_scale * height**2) + np.log(logit_scale)) / 2)


def constant_scale(height: float, logit_scale: float, times: np.ndarray) -> pd.DataFrame:
    """β held constant: γ falls exponentially, at rate 2β exp(−β)."""
    log_height, scale = scalar_flow(height, logit_scale, times, lambda *_: 0.0)
    theory = late_constant(height, logit_scale) - 2 * logit_scale * np.exp(-logit_scale) * times
    return scheme_table("constant", times, log_height, scale, theory)


def schedule_rate(first: float, last: float) -> float:
    """c(β₀, β₁), the mean of 2β exp(−β) for β spread evenly between two different logit scales."""
    integral = (first + 1) * np.exp(-first) - (last + 1) * np.exp(-last)
    return float(2 * integral / (last - first))


def linear_schedule(
    height: float, logit_scale: float, last_logit_scale: float, times: np.ndarray
) -> pd.DataFrame:
    """β moved linearly from first to last value over the training time: γ at its end, by its length.

    Exponential in the length, at the rate of `schedule_rate`; each length is its own flow.
    """
    ends = []
    for time in times[1:]:
        speed = (last_logit_scale - logit_scale) / time
        flow = scalar_flow(height, logit_scale, np.array([0, time]), lambda *_, v=speed: v)
        ends.append([part[-1] for part in flow])
    log_height, scale = np.array([(np.log(height), logit_scale), *ends]).T
    rate = schedule_rate(logit_scale, last_logit_scale)
    theory = late_constant(height, logit_scale) - rate * times
    return scheme_table("linear", times, log_height, scale, theory)


def scheme_table(
    scheme: str, times: np.ndarray, log_height: np.ndarray, scale: np.ndarray, theory: np.ndarray
) -> pd.DataFrame:
    """Columns scheme, time, log_height (log γ, natural), logit_scale, log_theory."""
    columns = {"time": times, "log_height": log_height, "logit_scale": scale, "log_theory": theory}
    return pd.DataFrame(columns).assign(scheme=scheme)


def temperature_rates(
    height: float,
    logit_scale: float,
    last_logit_scale: float,
    learned_duration: float,
    scheduled_duration: float,
) -> pd.DataFrame:
    """How fast the gap closes under four rules for the temperature, beside theory (yaras2024, App. C).

    height, logit_scale: γ₀ and β₀ of all; last_logit_scale: at the end of the linear schedule.
    Columns of `scheme_table`; scheme: exponential, direct, constant, linear.
    """
    if last_logit_scale == logit_scale:
        raise ValueError(f"the schedule starts and ends at logit scale {logit_scale:g}")
    learned, scheduled = record_times(learned_duration), np.linspace(0, scheduled_duration, 41)
    return pd.concat(
        [
            learned_exponential(height, logit_scale, learned),
            learned_directly(height, logit_scale, learned),
            constant_scale(height, logit_scale, scheduled),
            linear_schedule(height, logit_scale, last_logit_scale, scheduled),
        ],
        ignore_index=True,
    )
