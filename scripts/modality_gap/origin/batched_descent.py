"""Descent of many sets of free embeddings at once, in as many dimensions as wanted."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pandas as pd
import torch

from modality_gap.origin.free_embeddings import measures, position_table, record_steps, sphere_start


def descend_on_sphere(
    dimension: int,
    pairs: int,
    gaps: list[float],
    deviation: float,
    temperatures: list[float],
    seeds: int,
    learning_rate: float,
    steps: int,
    device: torch.device,
    snapshots: list[int],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Runs on the unit sphere, all at once (chowers2026, Figs. 4 bottom, 12, 16, 17).

    One run for each initial gap, temperature and seed, from `sphere_start`. Returns measures, a row
    for each run and some log-spaced step (columns dimension, pairs, initial_gap, temperature, seed,
    step and those of `measures`), and positions of the first seed's runs, a row a point for each of
    the `snapshots` (columns initial_gap, temperature, step and those of `position_table`).
    """
    runs = pd.DataFrame(
        list(product(gaps, temperatures, range(seeds))),
        columns=["initial_gap", "temperature", "seed"],
    )
    starts = [
        sphere_start(pairs, dimension, run.initial_gap, deviation, run.seed)
        for run in runs.itertuples()
    ]
    x, y = span_coordinates(*(np.stack(side) for side in zip(*starts, strict=True)))
    temperature = runs.temperature.to_numpy()
    records, positions = [], []
    stops = record_steps(steps, snapshots)
    for step, *state in descend_batch(x, y, temperature, learning_rate, stops, True, device):
        records.append(runs.assign(step=step, **measures(*state, temperature, sphere=True)))
        if step in snapshots:
            positions += [
                position_table(*(side[run.Index] for side in state), run.temperature).assign(
                    initial_gap=run.initial_gap, temperature=run.temperature, step=step
                )
                for run in runs[runs.seed == 0].itertuples()
            ]
    table = pd.concat(records, ignore_index=True)
    table.insert(0, "dimension", dimension)
    table.insert(1, "pairs", pairs)
    return table, pd.concat(positions, ignore_index=True) if positions else pd.DataFrame()


def span_coordinates(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same points in an orthonormal basis of their span, where that has fewer dimensions.

    x, y: shape (..., n, d); returns shape (..., n, min(d, 2n)), all distances and lengths kept.
    A step of descent adds to each embedding a combination of embeddings: it never leaves the span
    of the start, and what is measured is the same in these coordinates.
    """
    if x.shape[-1] <= 2 * x.shape[-2]:
        return x, y
    basis, _ = np.linalg.qr(np.swapaxes(np.concatenate([x, y], axis=-2), -1, -2))
    return x @ basis, y @ basis


@torch.inference_mode()
def descend_batch(
    x: np.ndarray,
    y: np.ndarray,
    temperatures: np.ndarray,
    learning_rate: float,
    stops: np.ndarray,
    sphere: bool,
    device: torch.device,
) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
    """Step number, images and texts at the steps `stops` of gradient descent, in float64.

    x, y: starts of b systems, shape (b, n, d); temperatures: shape (b,); stops: ascending step
    numbers, 0 being the start. A step moves all embeddings by −learning_rate·∂L/∂x at once
    (chowers2026, appendix H: 0.01); with `sphere` along the gradient's tangent part, then back to
    unit length.
    """
    points = torch.from_numpy(np.stack([x, y], axis=1)).to(device, torch.float64)
    temperature = torch.tensor(temperatures, dtype=torch.float64, device=device)
    scale = learning_rate * 2 / (temperature * x.shape[1])[:, None, None, None]
    step = 0
    for stop in stops:
        for _ in range(stop - step):
            moves = scale * bracket(points, temperature[:, None, None])
            if sphere:
                moves -= (moves * points).sum(dim=-1, keepdim=True) * points
            points -= moves
            if sphere:
                points /= torch.linalg.vector_norm(points, dim=-1, keepdim=True)
        step = int(stop)
        images, texts = points.cpu().numpy().swapaxes(0, 1).copy()
        yield step, images, texts


def bracket(points: torch.Tensor, temperature: torch.Tensor) -> torch.Tensor:
    """τN/2 times the gradient of the contrastive loss, shape (b, 2, n, d) as the points.

    points: images and texts of each system; temperature: shape (b, 1, 1).
    """
    x, y = points.unbind(1)
    squares = (points**2).sum(dim=-1)
    scores = 2 * (x @ y.mT) - squares[:, 0, :, None] - squares[:, 1, None, :]
    scores /= temperature
    weights = scores.softmax(dim=2) + scores.softmax(dim=1)
    sums = torch.stack([weights.sum(dim=2), weights.sum(dim=1)], dim=1)[..., None]
    partners = torch.stack([weights @ y, weights.mT @ x], dim=1)
    return (2 - sums) * points - 2 * points.flip(1) + partners
