"""Moving the two modalities along the gap, and what the contrastive loss says of it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from modality_gap.data.embeddings import UndefinedError, check_pair, normalize
from modality_gap.measures.gap import gap_vector, matched_cosines

# Logits are taken relative to a cosine of 1, so that one exponential serves rows and columns;
# cosines lie in [−1, 1], and float64 holds exp(−700).
MIN_TEMPERATURE = 1 / 350
LOST = 1e-6  # what rounding leaves of an embedding that was moved onto the origin
VALUES_AT_A_TIME = 2**17  # a block of similarities that stays in the processor's cache
DIRECTIONS = ("image_to_text", "text_to_image", "symmetric")


@dataclass
class Moved:
    """What turns x·y into the cosine of moved rows: moving along u is a rank-one change.

    cos(x − a·u, y + a·u) = (x·y + x_part + y_part) · x_scale · y_scale, so that the similarity
    matrix is computed once for all shifts.
    """

    x_part: np.ndarray
    y_part: np.ndarray
    x_scale: np.ndarray
    y_scale: np.ndarray
    centre_distance: float

    def rows(self, first: int, last: int) -> "Moved":
        """The same for some of the pairs."""
        parts = (self.x_part, self.y_part, self.x_scale, self.y_scale)
        return Moved(*(part[first:last] for part in parts), self.centre_distance)


def move(x: np.ndarray, y: np.ndarray, unit: np.ndarray, step: float) -> Moved:
    """Images x moved by −step along the unit gap, texts y by +step, then re-normalised.

    x, y: shape (n, d), rows of unit length, float64; unit: shape (d,), unit length.
    """
    x_along, y_along = x @ unit, y @ unit
    x_scale = 1 / np.sqrt(1 - 2 * step * x_along + step**2)
    y_scale = 1 / np.sqrt(1 + 2 * step * y_along + step**2)
    if not (np.isfinite(x_scale).all() and np.isfinite(y_scale).all()):
        raise UndefinedError(f"a shift of {2 * step} moves an embedding onto the origin")
    centres = (x_scale @ x - x_scale.sum() * step * unit) / len(x)
    centres -= (y_scale @ y + y_scale.sum() * step * unit) / len(y)
    distance = np.sign(centres @ unit) * np.linalg.norm(centres)
    return Moved(step * x_along - step**2, -step * y_along, x_scale, y_scale, float(distance))


def shift_embeddings(
    images: np.ndarray, texts: np.ndarray, unit: np.ndarray, shift: float
) -> tuple[np.ndarray, np.ndarray]:
    """Both modalities moved towards each other by `shift` in all, then re-normalised.

    images, texts: shape (n, d) and (m, d), rows of unit length; unit: shape (d,), the direction
    from texts to images, of unit length (liang2022, Sec. 4.2 and Fig. 3a).
    """
    moved = images - shift / 2 * unit, texts + shift / 2 * unit
    if any((np.abs(rows).max(axis=1) < LOST).any() for rows in moved):
        raise UndefinedError(f"a shift of {shift:g} moves an embedding onto the origin")
    return tuple(map(normalize, moved))


def shift_landscape(
    images: np.ndarray,
    texts: np.ndarray,
    shifts: list[float],
    temperatures: list[float],
    batch_size: int | None,
) -> pd.DataFrame:
    """Contrastive loss while both modalities move along the gap (liang2022, Sec. 4.2, Fig. 3b-d).

    images, texts: shape (n, d), rows of unit length, row i of one matching row i of the other.
    shifts: how far the modalities move towards each other in all, δ: images become
    normalize(x − δ/2·u) and texts normalize(y + δ/2·u), u the unit gap (the paper's λ is
    δ/(2‖Δ‖)). batch_size: the loss is the mean over consecutive batches of that many pairs, an
    incomplete last batch left out; None, or more than n: over all pairs at once.
    Returns a row a shift, temperature and direction, with columns shift, centre_distance
    (negative once the centres have passed each other), temperature, direction, loss.
    Raises ValueError where the centres coincide or a temperature is below 1/350.
    """
    check_pair(images, texts, paired=True)
    if min(temperatures) < MIN_TEMPERATURE:
        raise ValueError(
            f"temperature {min(temperatures)}, expected at least {MIN_TEMPERATURE:.4f}"
        )
    gap = gap_vector(images, texts)
    if not gap.any():
        raise UndefinedError("the two centres coincide: there is no gap to move along")
    x, y = images.astype(np.float64), texts.astype(np.float64)
    unit = gap / np.linalg.norm(gap)
    moved = [move(x, y, unit, shift / 2) for shift in shifts]
    scales = 1 / np.asarray(temperatures)
    size = min(batch_size or len(x), len(x))
    losses = np.mean(
        [
            batch_losses(x[first:last], y[first:last], [m.rows(first, last) for m in moved], scales)
            for first, last in batches(len(x), size)
        ],
        axis=0,
    )
    index = pd.MultiIndex.from_product(
        [shifts, temperatures, DIRECTIONS], names=["shift", "temperature", "direction"]
    )
    table = pd.DataFrame({"loss": losses.ravel()}, index=index).reset_index()
    distances = dict(zip(shifts, (m.centre_distance for m in moved), strict=True))
    table.insert(1, "centre_distance", table["shift"].map(distances))
    return table


def batches(n: int, size: int) -> Iterator[tuple[int, int]]:
    """First and last row (exclusive) of each complete batch."""
    return ((first, first + size) for first in range(0, n - size + 1, size))


def batch_losses(
    x: np.ndarray, y: np.ndarray, moved: list[Moved], scales: np.ndarray
) -> np.ndarray:
    """Loss of one batch for every shift, 1/τ and direction, shape (shifts, scales, 3)."""
    n = len(x)
    row_sums = np.empty((len(moved), len(scales), n))
    column_sums = np.zeros((len(moved), len(scales), n))
    ones = np.ones(n)
    step = max(1, VALUES_AT_A_TIME // n)
    for first in range(0, n, step):
        rows = slice(first, first + step)
        similarity = x[rows] @ y.T
        below_one, exponentials = np.empty_like(similarity), np.empty_like(similarity)
        for k, m in enumerate(moved):
            np.add(similarity, m.y_part, out=below_one)
            below_one += m.x_part[rows, None]
            below_one *= m.y_scale
            below_one *= m.x_scale[rows, None]
            below_one -= 1
            for s, scale in enumerate(scales):
                np.multiply(below_one, scale, out=exponentials)
                np.exp(exponentials, out=exponentials)
                row_sums[k, s, rows] = exponentials @ ones
                column_sums[k, s] += ones[: len(exponentials)] @ exponentials
    matched = matched_cosines(x, y)
    own = [((matched + m.x_part + m.y_part) * m.x_scale * m.y_scale).mean() for m in moved]
    own_term = np.outer(1 - np.array(own), scales)
    image_to_text = np.log(row_sums).mean(axis=2) + own_term
    text_to_image = np.log(column_sums).mean(axis=2) + own_term
    return np.stack([image_to_text, text_to_image, (image_to_text + text_to_image) / 2], axis=2)
