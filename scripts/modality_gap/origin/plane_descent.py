"""Descent of a few free embeddings in a few dimensions, compiled, for millions of steps."""

import numpy as np
import pandas as pd
from numba import njit

from modality_gap.origin.free_embeddings import (
    collapsed_start,
    isotropic_start,
    measures,
    position_table,
    record_steps,
)

STARTS = {"isotropic": isotropic_start, "collapsed": collapsed_start}


def descend_in_plane(
    start: str,
    pairs: int,
    gap: float,
    deviation: float,
    temperature: float,
    seed: int,
    learning_rate: float,
    steps: int,
    snapshots: list[int],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One run in the plane (chowers2026, Figs. 4 top, 5, 6 left, 11): measures, and positions.

    start: `isotropic` or `collapsed`, with all variance across the gap. Both tables say start,
    deviation, temperature and seed; the first has a row for each of some log-spaced steps (columns
    of `measures`), the second a row a point for each of the `snapshots` (of `position_table`).
    """
    stops = record_steps(steps, snapshots)
    x, y = descend_compiled(
        *STARTS[start](pairs, 2, gap, deviation, seed), temperature, learning_rate, stops
    )
    run = {"start": start, "deviation": deviation, "temperature": temperature, "seed": seed}
    records = pd.DataFrame({**run, "step": stops, **measures(x, y, temperature, sphere=False)})
    positions = [
        position_table(x[k], y[k], temperature).assign(**run, step=step)
        for k, step in enumerate(stops)
        if step in snapshots
    ]
    return records, pd.concat(positions, ignore_index=True)


def descend_compiled(
    x: np.ndarray,
    y: np.ndarray,
    temperature: float,
    learning_rate: float,
    stops: np.ndarray,
    sphere: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Images and texts at the steps `stops` of gradient descent on the contrastive loss.

    x, y: start, shape (n, d), float64; stops: ascending step numbers, 0 being the start. A step
    moves all embeddings by −learning_rate·∂L/∂x at once (chowers2026, appendix H: 0.01); with
    `sphere` along the gradient's tangent part, then back to unit length.
    Returns two arrays of shape (stops, n, d).
    """
    points = np.stack([x.T, y.T]).astype(np.float64)
    states, step = [], 0
    for stop in stops:
        advance(points, temperature, learning_rate, stop - step, sphere)
        states.append(points.copy())
        step = stop
    return tuple(np.stack(states, axis=1).swapaxes(-1, -2))


@njit
def advance(points, temperature, learning_rate, steps, sphere):
    """Take so many steps, in place; points: images and texts, shape (2, d, n)."""
    n = points.shape[2]
    moves = np.empty(points.shape)
    distances, by_text, sums = np.empty((n, n)), np.empty((n, n)), np.empty(n)
    scale = learning_rate * 2 / (temperature * n)
    for _ in range(steps):
        scale_distances(points, temperature, distances)
        softmax_over_images(distances, by_text, sums)
        find_moves(points, distances, by_text, scale, moves)
        move(points, moves, sphere)


@njit
def scale_distances(points, temperature, distances):
    """‖xᵢ − yⱼ‖²/τ."""
    for i in range(points.shape[2]):
        for j in range(points.shape[2]):
            total = 0.0
            for k in range(points.shape[1]):
                total += (points[0, k, i] - points[1, k, j]) ** 2
            distances[i, j] = total / temperature


@njit
def softmax_over_images(distances, by_text, sums):
    """Qʸ, taken relative to each text's nearest image: one exponential is 1, none overflows."""
    n = len(sums)
    for j in range(n):
        nearest = np.inf
        for i in range(n):
            nearest = min(nearest, distances[i, j])
        sums[j] = 0.0
        for i in range(n):
            by_text[i, j] = np.exp(nearest - distances[i, j])
            sums[j] += by_text[i, j]
        for i in range(n):
            by_text[i, j] /= sums[j]


@njit
def find_moves(points, distances, by_text, scale, moves):
    """−learning_rate·∂L/∂(points); scale: 2·learning_rate/(τN). Overwrites the distances."""
    dimension, n = points.shape[1:]
    for k in range(dimension):
        for i in range(n):
            moves[0, k, i] = 2 * scale * (points[1, k, i] - points[0, k, i])
            moves[1, k, i] = -moves[0, k, i]
    for i in range(n):
        nearest, total = np.inf, 0.0
        for j in range(n):
            nearest = min(nearest, distances[i, j])
        for j in range(n):
            distances[i, j] = np.exp(nearest - distances[i, j])
            total += distances[i, j]
        for j in range(n):
            weight = scale * (distances[i, j] / total + by_text[i, j])
            for k in range(dimension):
                push = weight * (points[0, k, i] - points[1, k, j])
                moves[0, k, i] += push
                moves[1, k, j] -= push


@njit
def move(points, moves, sphere):
    """Take the step; on the sphere its tangent part, then back to unit length."""
    for side in range(2):
        for i in range(points.shape[2]):
            radial, squares = 0.0, 0.0
            if sphere:
                for k in range(points.shape[1]):
                    radial += points[side, k, i] * moves[side, k, i]
            for k in range(points.shape[1]):
                points[side, k, i] += moves[side, k, i] - radial * points[side, k, i]
                squares += points[side, k, i] ** 2
            if sphere:
                for k in range(points.shape[1]):
                    points[side, k, i] /= np.sqrt(squares)
