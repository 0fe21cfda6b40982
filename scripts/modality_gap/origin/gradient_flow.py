"""Gradient flow of the contrastive loss on parallel modalities.

Image i stands at (√(1−γ²)·xᵢ, γ) and text i at (√(1−γ²)·yᵢ, −γ), with xᵢ and yᵢ on the unit sphere
(yaras2024, Sec. 2). The height γ, the logit scale β = exp(ν) and, where they move, the directions x
and y follow the gradient of the contrastive loss.
"""

import numpy as np
import pandas as pd
from scipy.integrate import solve_ivp

from modality_gap.data.embeddings import check_pair, normalize
from modality_gap.measures.gap import modality_gap
from modality_gap.origin.contrastive_loss import (
    contrastive_gradient,
    contrastive_loss,
    matched_margins,
)

SOLVER = {"method": "LSODA", "rtol": 1e-9, "atol": 1e-12}
FIRST_TIME = 1e-3  # of a recorded flow, after 0
RECORDS_PER_DECADE = 20


def random_directions(random: np.random.Generator, number: int, dimension: int) -> np.ndarray:
    """Independent and uniform on the unit sphere, shape (number, dimension)."""
    return normalize(random.normal(size=(number, dimension)))


def parallel_embeddings(
    x: np.ndarray, y: np.ndarray, height: float
) -> tuple[np.ndarray, np.ndarray]:
    """Images and texts in two parallel planes 2γ apart, both of shape (n, d + 1), of unit length.

    x, y: shape (n, d), rows of unit length; height: γ, from 0 to 1 (yaras2024, Sec. 2).
    """
    shrink = np.sqrt(1 - height**2)
    planes = np.full((len(x), 1), height)
    return np.hstack([shrink * x, planes]), np.hstack([shrink * y, -planes])


def record_times(last: float) -> np.ndarray:
    """0, and times from FIRST_TIME to the last one in equal steps of their logarithm."""
    if last <= FIRST_TIME:
        raise ValueError(f"duration {last:g}, expected more than {FIRST_TIME:g}")
    number = 1 + round(RECORDS_PER_DECADE * np.log10(last / FIRST_TIME))
    return np.append(0, np.geomspace(FIRST_TIME, last, number))


def flow_velocity(state: np.ndarray, dimension: int, embedding_rate: float) -> np.ndarray:
    """Time derivative of (log γ, ν, rows of x and of y), shape (2 + 2nd,) (yaras2024, eqs. 4, 11)."""
    height, logit_scale = np.exp(state[:2])
    rows = normalize(state[2:].reshape(-1, dimension))
    x, y = np.split(rows, 2)
    scale = logit_scale * (1 - height**2)
    similarity = x @ y.T
    gradient = contrastive_gradient(scale * similarity)
    closing = -np.vdot(similarity, gradient)
    downhill = -scale * np.vstack([gradient @ y, gradient.T @ x])
    downhill -= np.einsum("nd,nd->n", downhill, rows)[:, None] * rows
    change = [-2 * logit_scale * closing, scale * closing]
    return np.concatenate([change, embedding_rate * downhill.ravel()])


def start_state(x: np.ndarray, y: np.ndarray, height: float, logit_scale: float) -> np.ndarray:
    """The state of `flow_velocity`; raises ValueError for what cannot be a start."""
    check_pair(x, y, paired=True)
    if not 0 < height < 1:
        raise ValueError(f"height {height:g}, expected a number between 0 and 1")
    if logit_scale <= 0:
        raise ValueError(f"logit scale {logit_scale:g}, expected a positive number")
    return np.concatenate([np.log([height, logit_scale]), x.ravel(), y.ravel()])


def gradient_flow(
    x: np.ndarray,
    y: np.ndarray,
    height: float,
    logit_scale: float,
    times: np.ndarray,
    embedding_rate: float,
) -> tuple[pd.DataFrame, np.ndarray]:
    """Gap and temperature along the gradient flow from a start (yaras2024, eqs. 3, 4 and 11).

    x, y: shape (n, d), rows of unit length, n ≥ 2. times: ascending from 0. embedding_rate: how
    fast x and y follow the gradient, relative to height and logit scale; 0 holds them fixed, and r
    is what rows that are normalised from length 1/√r do.
    Returns a row a time, with columns time, height, logit_scale, temperature, modality_gap,
    plane_distance (2γ), loss, margin, matched_share, invariant (of Lemma 3.1), and the rows of x
    and y then, shape (times, 2, n, d). Both end early where the height reaches 1: there every image
    is at one pole and every text at the other, and eq. 3 means nothing beyond.
    """
    shape = (-1, 2, *x.shape)
    # Logarithms keep both numbers positive at any step.
    start = start_state(x, y, height, logit_scale)
    solution = solve_ivp(
        lambda _, state: flow_velocity(state, x.shape[1], embedding_rate),
        (0, times[-1]),
        start,
        t_eval=times,
        events=at_poles,
        **SOLVER,
    )
    if not solution.success:
        raise ValueError(f"the flow stopped at time {solution.t[-1]:g}: {solution.message}")
    positions = solution.y[2:].T.reshape(shape)
    positions /= np.linalg.norm(positions, axis=-1, keepdims=True)
    heights, scales = np.exp(solution.y[:2])
    records = [
        flow_record(*rows, *numbers)
        for rows, *numbers in zip(positions, heights, scales, strict=True)
    ]
    table = pd.DataFrame(records)
    table.insert(0, "time", solution.t)
    return table, positions


def at_poles(_: float, state: np.ndarray) -> float:
    """Zero where the height is 1, for the solver to end there."""
    return state[0]


at_poles.terminal = True


def flow_record(x: np.ndarray, y: np.ndarray, height: float, logit_scale: float) -> dict:
    """What is recorded of a moment of the flow, by name."""
    similarity = x @ y.T
    margins = matched_margins(similarity)
    return {
        "height": height,
        "logit_scale": logit_scale,
        "temperature": 1 / logit_scale,
        "modality_gap": modality_gap(*parallel_embeddings(x, y, height)),
        "plane_distance": 2 * height,
        "loss": contrastive_loss(logit_scale * (1 - height**2) * similarity),
        "margin": margins.min(),
        "matched_share": (margins > 0).mean(),
        "invariant": np.log(logit_scale) + np.log(height) / 2 - height**2 / 4,
    }


def coupled_logit_scale(
    height: np.ndarray, start_height: float, start_logit_scale: float
) -> np.ndarray:
    """β that belongs to a height γ, β₀√(γ₀/γ)·exp((γ² − γ₀²)/4) (yaras2024, Lemma 3.1, eq. 6).

    Along the flow log β + ½ log γ − γ²/4 does not change, however the embeddings move.
    """
    change = (np.square(height) - start_height**2) / 4
    return start_logit_scale * np.sqrt(start_height / height) * np.exp(change)


def turning_points(table: pd.DataFrame) -> list[int]:
    """Rows of the start, the widest gap, the first moment from which all pairs match, and the end.

    table: of `gradient_flow`. The third is left out where not all pairs are matched in the end.
    """
    unmatched = np.flatnonzero(table.matched_share < 1)
    matched = unmatched[-1] + 1 if len(unmatched) else 0
    rows = {0, int(table.modality_gap.argmax()), len(table) - 1}
    return sorted(rows | ({int(matched)} if matched < len(table) else set()))


def position_table(x: np.ndarray, y: np.ndarray, height: float) -> pd.DataFrame:
    """Where both modalities stand on the unit sphere, a row an embedding.

    x, y: shape (n, 2), rows of unit length. Columns pair, modality, x, y, height, pair_margin (of
    `matched_margins`).
    """
    margins = matched_margins(x @ y.T)
    tables = []
    embeddings = parallel_embeddings(x, y, height)
    for modality, rows in zip(("image", "text"), embeddings, strict=True):
        table = pd.DataFrame(rows, columns=["x", "y", "height"])
        tables.append(table.assign(modality=modality, pair=np.arange(len(x)), pair_margin=margins))
    return pd.concat(tables, ignore_index=True)


def flow_from_random_starts(
    pairs: int,
    starts: int,
    seed: int,
    height: float,
    logit_scale: float,
    embedding_rate: float,
    duration: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Flows on circles from random directions, and pictures of one (yaras2024, Fig. 2).

    pairs: n; starts: how many flows, each from its own draw. Returns the tables of `gradient_flow`
    with column start, and of `position_table` at the turning points of the start whose widest gap
    is the median of all, with columns start and time.
    """
    times, flows = record_times(duration), []
    for random in np.random.default_rng(seed).spawn(starts):
        x, y = (random_directions(random, pairs, 2) for _ in "xy")
        flows.append(gradient_flow(x, y, height, logit_scale, times, embedding_rate))
    widest = [table.modality_gap.max() for table, _ in flows]
    typical = int(np.argsort(widest)[starts // 2])
    table, positions = flows[typical]
    pictures = [
        position_table(*positions[row], table.height[row]).assign(
            start=typical, time=table.time[row]
        )
        for row in turning_points(table)
    ]
    tables = [table.assign(start=start) for start, (table, _) in enumerate(flows)]
    return pd.concat(tables, ignore_index=True), pd.concat(pictures, ignore_index=True)


def coupled_flows(
    pairs: int, seed: int, height: float, logit_scale: float, embedding_rate: float, duration: float
) -> pd.DataFrame:
    """Three flows from one height and logit scale, for Lemma 3.1 (yaras2024, eq. 6).

    Columns of `gradient_flow`, and flow: `moving` (random directions, free to move), `mismatched`
    (the same, held fixed) and `matched` (every image is its text, evenly spread, held fixed).
    """
    random = np.random.default_rng(seed).spawn(1)[0]
    x, y = (random_directions(random, pairs, 2) for _ in "xy")
    start = {"height": height, "logit_scale": logit_scale, "times": record_times(duration)}
    even = on_circle(2 * np.pi * np.arange(pairs) / pairs)
    flows = {"moving": (x, y, embedding_rate), "mismatched": (x, y, 0), "matched": (even, even, 0)}
    tables = [
        gradient_flow(images, texts, **start, embedding_rate=rate)[0].assign(flow=name)
        for name, (images, texts, rate) in flows.items()
    ]
    return pd.concat(tables, ignore_index=True)


def on_circle(angles: np.ndarray) -> np.ndarray:
    """Unit vectors at these angles (radians), shape (n, 2)."""
    return np.column_stack([np.cos(angles), np.sin(angles)])


def arrangements(pairs: int, seed: int, height: float) -> pd.DataFrame:
    """Two modalities on parallel circles, matched and with two texts exchanged (yaras2024, Fig. 3).

    pairs: at least 3, nearly evenly spread. Columns of `position_table`, and arrangement
    (`matched`, `mismatched`).
    """
    if pairs < 3:
        raise ValueError(f"{pairs} pairs, expected at least 3")
    random = np.random.default_rng(seed)
    step = 2 * np.pi / pairs
    image_angles = step * (np.arange(pairs) + random.uniform(-0.15, 0.15, pairs))
    text_angles = image_angles + step * random.uniform(-0.15, 0.15, pairs)
    x, y = on_circle(image_angles), on_circle(text_angles)
    exchanged = y.copy()
    exchanged[:2] = y[1::-1]
    tables = {
        "matched": position_table(x, y, height),
        "mismatched": position_table(x, exchanged, height),
    }
    named = [table.assign(arrangement=name) for name, table in tables.items()]
    return pd.concat(named, ignore_index=True)
