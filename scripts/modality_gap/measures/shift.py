"""Moving the two modalities along the gap, and what the contrastive loss says of it."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from modality_gap.data.embeddings import ROWS_TOGETHER, UndefinedError, check_pair, normalize
from modality_gap.data.stored import Rows, row_blocks
from modality_gap.measures.gap import gap_vector, matched_cosines
from modality_gap.measures.samples import sample_interval

# Logits are taken relative to a cosine of 1, so that one exponential serves rows and columns;
# cosines lie in [−1, 1], and float64 holds exp(−700).
MIN_TEMPERATURE = 1 / 350
LOST = 1e-6  # what rounding leaves of an embedding that was moved onto the origin
QUERIES_TOGETHER = 256
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

    def rows(self, first: int, last: int) -> "Moved":
        """The same for some of the pairs."""
        parts = (self.x_part, self.y_part, self.x_scale, self.y_scale)
        return Moved(*(part[first:last] for part in parts))

    def cosines_below_one(self, similarity: np.ndarray, rows: slice, out: np.ndarray) -> None:
        """The cosines less 1 into out; similarity: x·y of these rows of x with all of y."""
        np.add(similarity, self.y_part, out=out)
        out += self.x_part[rows, None]
        out *= self.y_scale
        out *= self.x_scale[rows, None]
        out -= 1


def move(x_along: np.ndarray, y_along: np.ndarray, step: float) -> Moved:
    """Images x moved by −step along the unit gap, texts y by +step, then re-normalised.

    x_along, y_along: x·u and y·u of rows of unit length, shape (n,) and (m,), float64.
    """
    x_scale = 1 / np.sqrt(1 - 2 * step * x_along + step**2)
    y_scale = 1 / np.sqrt(1 + 2 * step * y_along + step**2)
    if not (np.isfinite(x_scale).all() and np.isfinite(y_scale).all()):
        raise UndefinedError(f"a shift of {2 * step} moves an embedding onto the origin")
    return Moved(step * x_along - step**2, -step * y_along, x_scale, y_scale)


def moved_sums(
    x: np.ndarray, y: np.ndarray, moved: Moved, unit: np.ndarray, step: float
) -> tuple[np.ndarray, np.ndarray]:
    """Sums of the moved rows of both modalities, shape (d,) each; unit: u, shape (d,)."""
    x_scale, y_scale = moved.x_scale, moved.y_scale
    return (
        x_scale @ x - x_scale.sum() * step * unit,
        y_scale @ y + y_scale.sum() * step * unit,
    )


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
    images: Rows,
    texts: Rows,
    shifts: list[float],
    temperatures: list[float],
    batch_size: int | None,
    asked: np.ndarray | None = None,
    units: np.ndarray | None = None,
) -> pd.DataFrame:
    """Contrastive loss while both modalities move along the gap (liang2022, Sec. 4.2, Fig. 3b-d).

    images, texts: shape (n, d), rows of unit length, row i of one matching row i of the other.
    shifts: how far the modalities move towards each other in all, δ: images become
    normalize(x − δ/2·u) and texts normalize(y + δ/2·u), u the unit gap (the paper's λ is
    δ/(2‖Δ‖)). batch_size: the loss is the mean over consecutive batches of that many pairs, an
    incomplete last batch left out; None, or more than n: over all pairs at once. asked: rows of a
    random sample of the pairs, shape (q,), at least 2, whose mean loss in the batch of all pairs
    stands for that of all, with its 95% interval; batch_size is None then. units: which of all
    pairs are of one independent unit, shape (n,); None: each is its own.
    Returns a row a shift, temperature and direction, with columns shift, centre_distance
    (negative once the centres have passed each other), temperature, direction, loss; with `asked`
    low and high, else, where a shift of 0 is among them, change: the loss less that of the model as it
    is, change_low, change_high: its 95% interval over batches (NaN of a single one), and batches.
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
    unit, scales = gap / np.linalg.norm(gap), 1 / np.asarray(temperatures)
    n, losses, sums = len(images), [], []
    size = min(batch_size or n, n)
    # Whole batches, and all at once where the batch is all.
    each = ROWS_TOGETHER if asked is not None else max(1, ROWS_TOGETHER // size) * size
    for block in row_blocks(n, each):
        x, y = images[block].astype(np.float64), texts[block].astype(np.float64)
        along = x @ unit, y @ unit
        moved = [move(*along, shift / 2) for shift in shifts]
        sums.append([moved_sums(x, y, m, unit, s / 2) for m, s in zip(moved, shifts, strict=True)])
        losses += [
            batch_losses(x[first:last], y[first:last], [m.rows(first, last) for m in moved], scales)
            for first, last in batches(len(x), size)
            if asked is None
        ]
    if asked is None:
        columns = {"loss": np.mean(losses, axis=0)} | changes(np.stack(losses, axis=-1), shifts)
    else:
        own = asked_losses(images, texts, asked, unit, shifts, scales)
        low, high = sample_interval(own, n, None if units is None else units[asked])
        columns = {"loss": own.mean(axis=-1), "low": low, "high": high}
    index = pd.MultiIndex.from_product(
        [shifts, temperatures, DIRECTIONS], names=["shift", "temperature", "direction"]
    )
    columns = {name: np.ravel(values) for name, values in columns.items()}
    table = pd.DataFrame(columns, index=index).reset_index()
    distances = dict(zip(shifts, centre_distances(np.sum(sums, axis=0), n, unit), strict=True))
    table.insert(1, "centre_distance", table["shift"].map(distances))
    return table


def changes(losses: np.ndarray, shifts: list[float]) -> dict[str, np.ndarray]:
    """Columns of what shifts do to the loss of each batch; losses: shape (shifts, scales, 3, batches).

    Batches are taken as independent; of each, all shifts have the same pairs.
    """
    if 0 not in shifts:
        return {}
    change = losses - losses[shifts.index(0)]
    mean, (low, high) = change.mean(axis=-1), sample_interval(change, math.inf)
    number = np.full(mean.shape, losses.shape[-1])
    return {"change": mean, "change_low": low, "change_high": high, "batches": number}


def centre_distances(sums: np.ndarray, n: int, unit: np.ndarray) -> list[float]:
    """Signed distance of the centres after each shift; sums: of `moved_sums`, shape (shifts, 2, d)."""
    centres = sums[:, 0] / n - sums[:, 1] / n
    return [float(np.sign(centre @ unit) * np.linalg.norm(centre)) for centre in centres]


def asked_losses(
    images: Rows,
    texts: Rows,
    asked: np.ndarray,
    unit: np.ndarray,
    shifts: list[float],
    scales: np.ndarray,
) -> np.ndarray:
    """Loss of each of some pairs in the batch of all, shape (shifts, scales, 3, q), float64.

    Arguments as for `shift_landscape`; scales: 1/τ. In memory that does not grow with n.
    """
    x, y = images[asked].astype(np.float64), texts[asked].astype(np.float64)
    moved = [move(x @ unit, y @ unit, shift / 2) for shift in shifts]
    matched = matched_cosines(x, y)
    own = [(matched + m.x_part + m.y_part) * m.x_scale * m.y_scale for m in moved]
    own_term = (1 - np.array(own))[:, None] * scales[:, None]
    image_to_text = log_sums(x, texts, unit, shifts, scales) + own_term
    # With the two exchanged, the gap points the other way.
    text_to_image = log_sums(y, images, -unit, shifts, scales) + own_term
    return np.stack([image_to_text, text_to_image, (image_to_text + text_to_image) / 2], axis=2)


def log_sums(
    queries: np.ndarray, items: Rows, unit: np.ndarray, shifts: list[float], scales: np.ndarray
) -> np.ndarray:
    """Of each query, log Σ exp((cos − 1)/τ) over all items as both move; shape (shifts, scales, q).

    queries: shape (q, d), which move by −shift/2 along unit, and items, shape (n, d), by +shift/2.
    """
    sums = np.zeros((len(shifts), len(scales), len(queries)))
    parts = list(row_blocks(len(queries), QUERIES_TOGETHER))
    for block in row_blocks(len(items)):
        rows = items[block]
        for near in row_blocks(len(rows), VALUES_AT_A_TIME // QUERIES_TOGETHER):
            y = rows[near].astype(np.float64)
            for part in parts:
                sums[:, :, part] += exponential_sums(queries[part], y, unit, shifts, scales)
    return np.log(sums)


def exponential_sums(
    x: np.ndarray, y: np.ndarray, unit: np.ndarray, shifts: list[float], scales: np.ndarray
) -> np.ndarray:
    """What `log_sums` adds up, of few queries and items in float64: shape (shifts, scales, q)."""
    sums = np.empty((len(shifts), len(scales), len(x)))
    similarity, along, ones = x @ y.T, (x @ unit, y @ unit), np.ones(len(y))
    below_one, exponentials = np.empty_like(similarity), np.empty_like(similarity)
    for k, shift in enumerate(shifts):
        moved = move(*along, shift / 2)
        moved.cosines_below_one(similarity, slice(None), out=below_one)
        for s, scale in enumerate(scales):
            np.multiply(below_one, scale, out=exponentials)
            np.exp(exponentials, out=exponentials)
            sums[k, s] = exponentials @ ones
    return sums


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
            m.cosines_below_one(similarity, rows, out=below_one)
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
