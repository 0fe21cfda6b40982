"""Embeddings as free parameters: the contrastive loss, its gradient, where descent starts."""

import numpy as np
import pandas as pd
from scipy.special import log_softmax, softmax

from modality_gap.data.embeddings import normalize

RECORDS = 60


def logits(x: np.ndarray, y: np.ndarray, temperature: np.ndarray | float) -> np.ndarray:
    """−‖xᵢ − yⱼ‖²/τ, shape (..., n, m).

    x, y: shape (..., n, d) and (..., m, d), any length; temperature: a number, or an array of the
    leading shape.
    """
    products = x @ np.swapaxes(y, -1, -2)
    squares = (x**2).sum(axis=-1)[..., :, None] + (y**2).sum(axis=-1)[..., None, :]
    return -np.maximum(0, squares - 2 * products) / np.asarray(temperature)[..., None, None]


def assignments(
    x: np.ndarray, y: np.ndarray, temperature: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray]:
    """Qˣ, rows of sum 1, and Qʸ, columns of sum 1, shape (..., n, m) (chowers2026, Eq. 5).

    Row i of Qˣ says which texts image i takes for its own, column j of Qʸ which images text j does.
    Arguments as in `logits`.
    """
    scores = logits(x, y, temperature)
    return softmax(scores, axis=-1), softmax(scores, axis=-2)


def assignment_sums(
    x: np.ndarray, y: np.ndarray, temperature: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray]:
    """How often each image and each text is taken in all, Sˣ and Sʸ, shape (..., n).

    Sˣᵢ = Σⱼ Qʸ(i, j) and Sʸⱼ = Σᵢ Qˣ(i, j): 1 on average, all 1 where Q is doubly stochastic.
    """
    of_images, of_texts = assignments(x, y, temperature)
    return of_texts.sum(axis=-1), of_images.sum(axis=-2)


def contrastive_loss(
    x: np.ndarray, y: np.ndarray, temperature: np.ndarray | float
) -> np.ndarray | float:
    """−(1/N) Σᵢ [log Qˣ(i, i) + log Qʸ(i, i)], in nats, of the leading shape (chowers2026, Eq. 6).

    x, y: shape (..., n, d), row i of one matching row i of the other. Both directions add up: twice
    the mean of the two that is usual elsewhere.
    """
    scores = logits(x, y, temperature)
    found = log_softmax(scores, axis=-1) + log_softmax(scores, axis=-2)
    return -np.diagonal(found, axis1=-2, axis2=-1).mean(axis=-1)


def gradient(
    x: np.ndarray, y: np.ndarray, temperature: np.ndarray | float
) -> tuple[np.ndarray, np.ndarray]:
    """∂L/∂x and ∂L/∂y of `contrastive_loss`, each of shape (..., n, d).

    ∂L/∂yⱼ = 2/(τN) [2(yⱼ − xⱼ) − Σᵢ (Qˣ(i, j) + Qʸ(i, j)) (yⱼ − xᵢ)], and x likewise.
    """
    weights = sum(assignments(x, y, temperature))
    scale = 2 / (np.asarray(temperature)[..., None, None] * x.shape[-2])
    from_x = weights.sum(axis=-1)[..., None] * x - weights @ y
    from_y = weights.sum(axis=-2)[..., None] * y - np.swapaxes(weights, -1, -2) @ x
    return scale * (2 * (x - y) - from_x), scale * (2 * (y - x) - from_y)


def tangent(points: np.ndarray, directions: np.ndarray) -> np.ndarray:
    """The part of each direction that is tangent to the unit sphere at its point, (..., n, d)."""
    return directions - (points * directions).sum(axis=-1, keepdims=True) * points


def measures(
    x: np.ndarray, y: np.ndarray, temperature: np.ndarray | float, sphere: bool
) -> dict[str, np.ndarray]:
    """What is told of a state of descent, by name, each of the leading shape.

    x, y: images and texts, shape (..., n, d). loss in nats; modality_gap ‖μ_x − μ_y‖;
    variance_along_gap, and variance_across_gap summed over all other directions, both averaged over
    the modalities; gap_cosine: mean |cos(x − μ, g)|, 0 where the gap is orthogonal to the
    embeddings (chowers2026, Eq. 9); assignment_variance of Sˣ and Sʸ, 0 where Q is doubly
    stochastic; local_gap_spread √(mean‖gᵢ − g‖² / 2V), of the local gaps gᵢ = xᵢ − yᵢ around their mean
    g beside the variance V of the embeddings (mean of both modalities): 0 where all local gaps are
    equal, as Theorem 3.2 promises, about 1 where pairs have nothing in common; gradient_norm of the embedding that has the largest gradient (on the sphere its
    tangent part). What needs the gap's direction is NaN where the centres coincide exactly.
    """
    gap = (x - y).mean(axis=-2)
    length = np.linalg.norm(gap, axis=-1)
    along, total, cosines = [], [], []
    with np.errstate(invalid="ignore", divide="ignore"):
        unit = gap / length[..., None]
        for points in (x, y):
            offsets = points - points.mean(axis=-2, keepdims=True)
            heights = (offsets @ unit[..., None])[..., 0]
            distances = np.linalg.norm(offsets, axis=-1)
            along.append((heights**2).mean(axis=-1))
            total.append((distances**2).mean(axis=-1))
            cosines.append(np.abs(heights / distances).mean(axis=-1))
    slopes = gradient(x, y, temperature)
    if sphere:
        slopes = [tangent(points, slope) for points, slope in zip((x, y), slopes, strict=True)]
    sums = assignment_sums(x, y, temperature)
    local = ((x - y - gap[..., None, :]) ** 2).sum(axis=-1).mean(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        local_spread = np.sqrt(local / 2 / np.mean(total, axis=0))
    return {
        "loss": contrastive_loss(x, y, temperature),
        "modality_gap": length,
        "variance_along_gap": np.mean(along, axis=0),
        "variance_across_gap": np.mean(total, axis=0) - np.mean(along, axis=0),
        "gap_cosine": np.mean(cosines, axis=0),
        "assignment_variance": np.mean([part.var(axis=-1) for part in sums], axis=0),
        "local_gap_spread": local_spread,
        "gradient_norm": np.max([np.linalg.norm(s, axis=-1).max(axis=-1) for s in slopes], axis=0),
    }


def position_table(x: np.ndarray, y: np.ndarray, temperature: float) -> pd.DataFrame:
    """A row a point: pair, modality, x, y and, in three dimensions, z; assignment_sum (Sˣ, Sʸ).

    x, y: images and texts, shape (n, d), d 2 or 3.
    """
    sums = assignment_sums(x, y, temperature)
    tables = [
        pd.DataFrame(points, columns=list("xyz")[: points.shape[1]]).assign(
            pair=np.arange(len(points)), modality=modality, assignment_sum=taken
        )
        for modality, points, taken in zip(("image", "text"), (x, y), sums, strict=True)
    ]
    return pd.concat(tables, ignore_index=True)


def record_steps(steps: int, always: list[int]) -> np.ndarray:
    """Ascending steps, spaced evenly on a log scale from 1 to `steps`; 0 and `always` among them.

    Those of `always` beyond the last step are left out.
    """
    spaced = np.geomspace(1, steps, RECORDS).round().astype(int)
    chosen = np.unique(np.concatenate([[0], spaced, np.asarray(always, dtype=int)]))
    return chosen[chosen <= steps]


def isotropic_start(
    pairs: int, dimension: int, gap: float, deviation: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Images around +gap/2 and texts around −gap/2 on the last axis, N(·, σ²I), both (n, d).

    deviation: σ, a standard deviation (chowers2026, appendix H: gap 1, σ = 0.01, in the plane).
    """
    x, y = np.random.default_rng(seed).normal(0, deviation, (2, pairs, dimension))
    x[:, -1] += gap / 2
    y[:, -1] -= gap / 2
    return x, y


def collapsed_start(
    pairs: int, dimension: int, gap: float, deviation: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """As `isotropic_start`, with all variance on the first axis (chowers2026, Fig. 11).

    The gap stands on the last axis, along which each modality is constant: d is at least 2.
    """
    if dimension < 2:
        raise ValueError(f"dimension {dimension}, expected at least 2: one for the gap")
    x, y = isotropic_start(pairs, dimension, gap, deviation, seed)
    x[:, 1:], y[:, 1:] = 0, 0
    x[:, -1], y[:, -1] = gap / 2, -gap / 2
    return x, y


def sphere_start(
    pairs: int, dimension: int, gap: float, deviation: float, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Two clusters on the unit sphere whose centres are `gap` apart, both of shape (n, d).

    The centres √(1 − gap²/4)·e₁ ± (gap/2)·e_d lie on the sphere: ±e_d for a gap of 2 (chowers2026,
    appendix H), both e₁ for 0. Each point is N(centre, σ²I), then normalised; that draws the two
    means nearer to the origin, and to each other, the more the larger σ√d: `measures` says how far
    apart they really start. Raises ValueError unless 0 ≤ gap ≤ 2 and d ≥ 2.
    """
    if not 0 <= gap <= 2:
        raise ValueError(f"gap {gap}, expected 0 to 2: centres lie on the unit sphere")
    if dimension < 2:
        raise ValueError(f"dimension {dimension}, expected at least 2")
    x, y = isotropic_start(pairs, dimension, gap, deviation, seed)
    for points in (x, y):
        points[:, 0] += np.sqrt(1 - gap**2 / 4)
    return normalize(x), normalize(y)
