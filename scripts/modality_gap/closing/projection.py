"""Closing the modality gap afterwards, along the part of it that changes no nearest neighbour.

One modality asks (queries, the images), the other is retrieved (the texts, or class texts) and moves
by α·g′: g′ is the gap without what lies in the retrieved modality's own directions
(chowers2026, Sec. 4).
"""

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from modality_gap.data.embeddings import UndefinedError, check_pair
from modality_gap.measures.gap import gap_vector


@dataclass
class OrthogonalGap:
    """g′, the direction to move the retrieved modality in.

    vector: shape (d,), float64. components: how many principal components of the retrieved modality
    it is orthogonal to. kept_length: ‖g′‖/‖g‖, 1 where the whole gap is orthogonal.
    """

    vector: np.ndarray
    components: int
    kept_length: float

    @property
    def cosine(self) -> float:
        """cos(g′, g): of an orthogonal projection it is the share of the length that is left."""
        return self.kept_length


@dataclass
class PrincipalAxes:
    """Principal components of centred rows: descending singular values (k,), directions (k, d)."""

    values: np.ndarray
    directions: np.ndarray


def orthogonal_gap(
    queries: np.ndarray,
    retrieved: np.ndarray,
    kept_variance: float | None = None,
    relative_singular_value: float | None = None,
) -> OrthogonalGap:
    """The gap g, mean(queries) − mean(retrieved), without its part in the retrieved's directions.

    queries, retrieved: shape (n, d) and (m, d). Without a threshold g′ is orthogonal to every
    direction in which the retrieved embeddings differ (chowers2026, eq. 11): nothing is left of it
    where they span the space. A threshold spares directions of little variance (Algorithm 1, in the
    two ways that its ε can be read): kept_variance, the share of the variance that the leading
    components hold together, to all of which g′ is orthogonal (ε = 5% of the variance is 0.95); or
    relative_singular_value, the share of the largest singular value above which a component counts.
    Raises ValueError for two thresholds, one outside [0, 1], or centres that coincide.
    """
    axes = principal_axes(retrieved)
    components = leading_components(axes.values, kept_variance, relative_singular_value)
    return without_components(gap_vector(queries, retrieved), axes, components)


def principal_axes(retrieved: np.ndarray) -> PrincipalAxes:
    """All principal components with variance beyond rounding, in float64; retrieved: shape (m, d)."""
    rows = np.asarray(retrieved, dtype=np.float64)
    centred = rows - rows.mean(axis=0)
    _, values, directions = scipy.linalg.svd(centred, full_matrices=False)
    rounding = max(rows.shape) * np.finfo(np.float64).eps * np.linalg.norm(rows)
    rank = int((values > rounding).sum())
    return PrincipalAxes(values[:rank], directions[:rank])


def leading_components(
    values: np.ndarray, kept_variance: float | None, relative_singular_value: float | None
) -> int:
    """How many leading components a threshold of `orthogonal_gap` counts; all without one.

    values: descending singular values, shape (k,).
    """
    given = [share for share in (kept_variance, relative_singular_value) if share is not None]
    if len(given) > 1:
        raise ValueError("kept_variance and relative_singular_value given, expected at most one")
    if any(not 0 <= share <= 1 for share in given):
        raise ValueError(f"threshold {given[0]}, expected a share in [0, 1]")
    if not given or kept_variance == 1:
        return len(values)
    if relative_singular_value is not None:
        return int((values > relative_singular_value * values.max(initial=0)).sum())
    shares = np.cumsum(values**2) / np.sum(values**2)
    before = np.append(0, shares)[: len(values)]
    # A component counts while those before it fall short of the share.
    return int((before < kept_variance).sum())


def without_components(gap: np.ndarray, axes: PrincipalAxes, components: int) -> OrthogonalGap:
    """The gap, shape (d,), made orthogonal to so many leading principal components."""
    length = np.linalg.norm(gap)
    if length == 0:
        raise UndefinedError("the two centres coincide: there is no gap to close")
    if components == len(gap):
        # Every direction is taken: what arithmetic would leave is rounding.
        return OrthogonalGap(np.zeros_like(gap), components, 0.0)
    directions = axes.directions[:components]
    vector = gap - directions.T @ (directions @ gap)
    # Twice is enough where most of the gap goes (Kahan; Parlett 1980).
    vector -= directions.T @ (directions @ vector)
    return OrthogonalGap(vector, components, float(np.linalg.norm(vector) / length))


def move_along(retrieved: np.ndarray, vector: np.ndarray, alpha: float) -> np.ndarray:
    """Retrieved embeddings moved by α·g′, shape (m, d), float64; lengths are left as they come.

    α = 0 leaves them as they are, 1 closes the gap along g′, −1 doubles it (chowers2026, Sec. 5).
    """
    return np.asarray(retrieved, dtype=np.float64) + alpha * vector


def close_gap(
    images: np.ndarray,
    texts: np.ndarray,
    alpha: float = 1,
    kept_variance: float | None = None,
    relative_singular_value: float | None = None,
) -> np.ndarray:
    """The texts, moved to the images so that no image's nearest text changes; shape (m, d), float64.

    images, texts: shape (n, d) and (m, d), rows of unit length; alpha: of `move_along`; thresholds:
    of `orthogonal_gap`, needed where texts span the space. Moved texts are no longer of unit length:
    compare by Euclidean distance. To move images instead, exchange the two.
    Raises ValueError for rows of another length, or where nothing of the gap is left to close.
    """
    images, texts = np.asarray(images, dtype=np.float64), np.asarray(texts, dtype=np.float64)
    check_pair(images, texts)
    for name, rows in (("images", images), ("texts", texts)):
        if np.abs(np.linalg.norm(rows, axis=1) - 1).max() > 1e-3:
            raise ValueError(f"{name}: expected rows of unit length: normalise them first")
    gap = orthogonal_gap(images, texts, kept_variance, relative_singular_value)
    if gap.kept_length == 0:
        raise ValueError(
            "the texts span the space, and nothing of the gap is orthogonal to them: expected a "
            "threshold, such as kept_variance=0.95"
        )
    return move_along(texts, gap.vector, alpha)
