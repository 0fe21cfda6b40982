"""Ways to close the modality gap afterwards: each fitted on pairs, then applied to other data."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import scipy.linalg

from modality_gap.closing.projection import orthogonal_gap
from modality_gap.data.embeddings import UndefinedError, check_pair, normalize
from modality_gap.measures.gap import gap_vector

NONE = "none"
FORTH = "image_to_text"
NO_SPREAD = 1e-12  # of unit rows: what rounding leaves of equal ones
MOST = 0.5  # of the squared gap: the dimensions that hold more
ROUNDED = 1e-4  # of the largest deviation of a dimension: what rounding of float32 leaves of none
NOISE_SEED = 2_401_08567  # none that others draw data or noise with


@dataclass
class Move:
    """What one modality goes through: (rows @ matrix)·scale + offset + noise, of unit length if so.

    scale: one for all, or one a dimension. noise: standard deviation of an entry's, drawn anew for
    rows of another number, and the same for as many. A row that becomes 0 stays so.
    """

    offset: np.ndarray
    scale: float | np.ndarray = 1.0
    matrix: np.ndarray | None = None
    noise: float = 0.0
    unit: bool = False

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Moved rows; shape (n, d) in and out, in the precision they came in."""
        kind = rows.dtype
        turned = rows if self.matrix is None else rows @ self.matrix.astype(kind)
        moved = turned * np.asarray(self.scale, dtype=kind) + self.offset.astype(kind)
        if self.noise:
            random = np.random.default_rng(NOISE_SEED)
            moved += kind.type(self.noise) * random.standard_normal(rows.shape).astype(kind)
        return normalize(moved) if self.unit else moved


Moves = tuple[Move, Move]  # of images and of texts


def nothing(images: np.ndarray, texts: np.ndarray) -> Moves:
    """Both as they are."""
    return Move(np.zeros(images.shape[1])), Move(np.zeros(images.shape[1]))


def shift(images: np.ndarray, texts: np.ndarray) -> Moves:
    """Both by half of the gap, then back to unit length (liang2022, Sec. 4.2)."""
    half = gap_vector(images, texts) / 2
    return Move(-half, unit=True), Move(half, unit=True)


def project(
    images: np.ndarray, texts: np.ndarray, direction: str, kept_variance: float | None
) -> Moves:
    """The retrieved modality by g′, α = 1 (chowers2026, Sec. 4 and Algorithm 1)."""
    still, _ = nothing(images, texts)
    if direction == FORTH:
        return still, Move(orthogonal_gap(images, texts, kept_variance).vector)
    return Move(orthogonal_gap(texts, images, kept_variance).vector), still


def centre_both(images: np.ndarray, texts: np.ndarray) -> Moves:
    """Each without its mean, then back to unit length (I0T's post-hoc way, GR-CLIP)."""
    return tuple(Move(-rows.mean(axis=0), unit=True) for rows in (images, texts))


def standardize(images: np.ndarray, texts: np.ndarray) -> Moves:
    """Each dimension of each to mean 0 and variance 1, then to unit length.

    What batch normalisation after each encoder does, as I0T trains it (An et al. 2025, I0T_async). A
    dimension that does not vary, but for rounding, becomes 0.
    """
    moves = []
    for rows in (images, texts):
        mean, deviation = rows.mean(axis=0), rows.std(axis=0)
        varies = deviation > ROUNDED * deviation.max()
        scale = np.divide(1, deviation, out=np.zeros_like(deviation), where=varies)
        moves.append(Move(-mean * scale, scale=scale, unit=True))
    return tuple(moves)


def whiten(images: np.ndarray, texts: np.ndarray) -> Moves:
    """Each without its mean and turned and scaled by Σ^(−1/2), then to unit length.

    ZCA: of all ways to make the covariance the identity, the one that moves items least (Kessy et
    al. 2018); Σ is shrunk (Ledoit and Wolf 2004), since of few items it has no inverse.
    """
    from sklearn.covariance import ledoit_wolf  # a second, which judging and drawing do without

    moves = []
    for rows in (images, texts):
        values, vectors = np.linalg.eigh(ledoit_wolf(rows)[0])
        known = values > values[-1] * np.finfo(np.float64).eps
        root = np.zeros_like(values)
        root[known] = values[known] ** -0.5
        matrix = (vectors * root) @ vectors.T
        moves.append(Move(-rows.mean(axis=0) @ matrix, matrix=matrix, unit=True))
    return tuple(moves)


def rotate(images: np.ndarray, texts: np.ndarray) -> Moves:
    """Texts turned onto their images: orthogonal Procrustes (Schönemann 1966)."""
    still, _ = nothing(images, texts)
    turn, _ = scipy.linalg.orthogonal_procrustes(texts, images)
    return still, Move(still.offset, matrix=turn)


def realign(images: np.ndarray, texts: np.ndarray) -> Moves:
    """Texts centred, scaled by √(tr Σ_image / tr Σ_text), moved to the images' mean (ReAlign).

    Raises UndefinedError where all texts are one point.
    """
    still, _ = nothing(images, texts)
    spread = texts.var(axis=0).sum()
    if spread < NO_SPREAD:
        raise UndefinedError("all texts that it is fitted on are one point, which has no spread")
    scale = np.sqrt(images.var(axis=0).sum() / spread)
    return still, Move(images.mean(axis=0) - scale * texts.mean(axis=0), scale=float(scale))


def gap_dimensions(images: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """The fewest dimensions that hold more than half of ‖Δ‖², bool, shape (d,).

    A few dimensions of CLIP hold most of its gap (Schrodi et al. 2025, Sec. 4).
    """
    squares = gap_vector(images, texts) ** 2
    order = np.argsort(-squares, kind="stable")
    number = np.searchsorted(np.cumsum(squares[order]), MOST * squares.sum(), side="right") + 1
    found = np.zeros(len(squares), dtype=bool)
    found[order[:number]] = squares.any()
    return found


def remove_dimensions(images: np.ndarray, texts: np.ndarray) -> Moves:
    """Both without the dimensions that hold most of the gap, then back to unit length."""
    kept = (~gap_dimensions(images, texts)).astype(np.float64)
    return tuple(Move(np.zeros(len(kept)), scale=kept, unit=True) for _ in range(2))


def level_dimensions(images: np.ndarray, texts: np.ndarray) -> Moves:
    """As the shift, in the dimensions that hold most of the gap alone: their means become one."""
    half = gap_vector(images, texts) / 2 * gap_dimensions(images, texts)
    return Move(-half, unit=True), Move(half, unit=True)


def collapse_and_corrupt(images: np.ndarray, texts: np.ndarray) -> Moves:
    """Both without their means, texts with normal noise, then to unit length (C3, Zhang et al. 2024).

    The noise is what C3 has in place of training on images; its deviation is that of matched pairs
    around the gap in one dimension, √(mean ‖(x − μ_x) − (y − μ_y)‖² / d).
    """
    means = images.mean(axis=0), texts.mean(axis=0)
    apart = (images - means[0]) - (texts - means[1])
    return Move(-means[0], unit=True), Move(-means[1], noise=float(apart.std()), unit=True)


WAYS: dict[str, Callable[..., Moves]] = {
    NONE: nothing,
    "shift": shift,
    "projection": project,
    "centring": centre_both,
    "rotation": rotate,
    "realign": realign,
    "dimensions_removed": remove_dimensions,
    "dimensions_levelled": level_dimensions,
    "standardization": standardize,
    "whitening": whiten,
    "collapse_and_corrupt": collapse_and_corrupt,
}
MITIGATIONS = tuple(WAYS)
# What people read; the others are called as they stand.
NAMES = {
    "shift": "shift along the gap",
    "projection": "orthogonal projection",
    "rotation": "Procrustes rotation",
    "realign": "ReAlign",
    "dimensions_removed": "removing the gap's dimensions",
    "dimensions_levelled": "levelling the gap's dimensions",
    "standardization": "standardisation",
    "collapse_and_corrupt": "C3 (collapse and corrupt)",
}


def fit_mitigation(
    name: str,
    images: np.ndarray,
    texts: np.ndarray,
    direction: str = FORTH,
    kept_variance: float | None = None,
) -> Moves:
    """What images and what texts go through, of one of `MITIGATIONS`; `WAYS` says what each is.

    images, texts: shape (n, d), rows of unit length, row i of one matching row i of the other.
    direction: of retrieval; only `projection` depends on it: the retrieved modality moves.
    kept_variance: of `projection.orthogonal_gap`. Raises ValueError for another name, and
    UndefinedError where these pairs do not define it.
    """
    if name not in WAYS:
        raise ValueError(f"mitigation {name!r}, expected one of {', '.join(WAYS)}")
    check_pair(images, texts, paired=True)
    way = WAYS[name]
    if name == "projection":
        way = partial(way, direction=direction, kept_variance=kept_variance)
    return way(images.astype(np.float64), texts.astype(np.float64))
