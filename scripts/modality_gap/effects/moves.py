"""Moves of images and texts along the modality gap: how far, and where they leave the centres."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from modality_gap.data.embeddings import UndefinedError
from modality_gap.effects.shifted_ranks import moved_scales
from modality_gap.measures.gap import gap_vector

# What an image and a text are moved along the unit gap, as shares of the shift.
SIDES = {"both": (-0.5, 0.5), "images": (-1.0, 0.0), "texts": (0.0, 1.0)}
STEPS = ["image_step", "text_step"]
ROWS_AT_A_TIME = 4096


@dataclass
class Direction:
    """A unit vector from texts to images, and the embeddings that it comes from, where known."""

    unit: np.ndarray
    images: np.ndarray | None = None
    texts: np.ndarray | None = None


def gap_direction(images: np.ndarray, texts: np.ndarray) -> Direction:
    """The direction from the centre of texts to that of images; shape (n, d) and (m, d)."""
    gap = gap_vector(images, texts)
    if not gap.any():
        raise UndefinedError("the two centres coincide: there is no gap to move along")
    return Direction(gap / np.linalg.norm(gap), images, texts)


def given_direction(vector: np.ndarray) -> Direction:
    """The direction of a vector, shape (d,), that leads from texts to images."""
    vector = np.asarray(vector, dtype=np.float64)
    if vector.ndim != 1 or not np.isfinite(vector).all() or not vector.any():
        raise ValueError(
            f"direction: expected a finite vector (d,) other than 0, got shape {vector.shape}"
        )
    return Direction(vector / np.linalg.norm(vector))


def shift_grid(first: float, last: float, number: int) -> list[float]:
    """Equally spaced shifts, 0 (the model as it is) always among them."""
    return sorted({0.0, *(float(shift) for shift in np.linspace(first, last, number).round(9))})


def moved_cosines(
    images: np.ndarray, texts: np.ndarray, unit: np.ndarray, steps: np.ndarray
) -> np.ndarray:
    """Cosines of images and texts under every move, shape (moves, n, m), float64; for few texts."""
    x, y = images.astype(np.float64), texts.astype(np.float64)
    image_steps, text_steps = np.asarray(steps)[:, :, None, None].swapaxes(0, 1)
    cosines = x @ y.T + image_steps * (y @ unit) + text_steps * (x @ unit)[:, None]
    cosines += image_steps * text_steps
    cosines *= moved_scales(x, unit, image_steps.ravel())[:, :, None]
    cosines *= moved_scales(y, unit, text_steps.ravel())[:, None, :]
    return cosines


def move_table(
    images: np.ndarray,
    texts: np.ndarray,
    direction: Direction,
    moved: list[str],
    shifts: list[float],
) -> pd.DataFrame:
    """Every move, and how far apart it leaves the centres.

    Columns moved, shift, image_step, text_step (along the unit gap, before re-normalisation),
    centre_distance and reference_distance, of what the direction comes from (NaN where unknown).
    """
    rows = [
        (side, shift, *(part * shift for part in SIDES[side])) for side in moved for shift in shifts
    ]
    table = pd.DataFrame(rows, columns=["moved", "shift", *STEPS])
    steps = table[STEPS].to_numpy()
    table["centre_distance"] = centre_distances(images, texts, direction.unit, steps)
    table["reference_distance"] = (
        math.nan
        if direction.images is None
        else centre_distances(direction.images, direction.texts, direction.unit, steps)
    )
    return table


def centre_distances(
    images: np.ndarray, texts: np.ndarray, unit: np.ndarray, steps: np.ndarray
) -> np.ndarray:
    """Distance of the centres under every move, negative once they have passed each other.

    Shape (moves,); steps: of images and texts along the unit vector, shape (moves, 2).
    """
    apart = moved_centres(images, unit, steps[:, 0]) - moved_centres(texts, unit, steps[:, 1])
    return np.where(apart @ unit < 0, -1, 1) * np.linalg.norm(apart, axis=1)


def moved_centres(rows: np.ndarray, unit: np.ndarray, steps: np.ndarray) -> np.ndarray:
    """Mean of normalize(x + step·u) for every step, shape (steps, d), float64."""
    distinct, which = np.unique(steps, return_inverse=True)
    sums = np.zeros((len(distinct), rows.shape[1]))
    for first in range(0, len(rows), ROWS_AT_A_TIME):
        block = rows[first : first + ROWS_AT_A_TIME].astype(np.float64)
        scales = moved_scales(block, unit, distinct)
        sums += scales @ block + np.outer(scales.sum(axis=1) * distinct, unit)
    return sums[which] / len(rows)
