"""How evenly embeddings fill the sphere, and how close matched pairs are."""

import math

import numpy as np
import scipy.linalg

from modality_gap.data.embeddings import UndefinedError, check_embeddings, check_pair

UNIFORMITY_T = 2
ROWS_AT_A_TIME = 1024


def gaussian_uniformity(images: np.ndarray, texts: np.ndarray) -> float:
    """−W₂ between both modalities together and the ideal N(0, I/m) (yaras2024, App. E.2).

    The quadratic Wasserstein distance of Fang et al. 2023, with the mean μ and the covariance Σ of
    all rows (1/N) in m = d dimensions: W₂² = ‖μ‖² + 1 + tr Σ − (2/√m) tr Σ^½. With 1/N, unlike
    1/(N − 1), rows of unit length have ‖μ‖² + tr Σ = 1 and copies of every row change nothing.
    Between −√2 (all rows are one point) and 0 (centred, as wide in each direction).
    images, texts: shape (n, d) and (m, d), rows of unit length.
    """
    check_pair(images, texts)
    rows = np.concatenate([images, texts]).astype(np.float64)
    width = rows.shape[1]
    centre = rows.mean(axis=0)
    deviations = np.zeros(width)
    found = scipy.linalg.svdvals(rows - centre) / math.sqrt(len(rows))
    deviations[: len(found)] = found
    # The sum of squares is the same W₂², but neither cancels nor turns negative near the ideal.
    squared = centre @ centre + ((deviations - 1 / math.sqrt(width)) ** 2).sum()
    return -math.sqrt(squared)


def alignment(images: np.ndarray, texts: np.ndarray) -> float:
    """Mean ‖xᵢ − yᵢ‖² of matched pairs (Wang & Isola 2020, α = 2): 0 where they coincide.

    images, texts: shape (n, d), rows of unit length, row i of one matching row i of the other.
    """
    check_pair(images, texts, paired=True)
    apart = np.subtract(images, texts, dtype=np.float64)
    return float(np.einsum("nd,nd->", apart, apart) / len(apart))


def uniformity(embeddings: np.ndarray) -> float:
    """Log of the mean exp(−2‖u − v‖²) over all pairs of different rows (Wang & Isola 2020, t = 2).

    Between 0 (all rows are one point) and −8 (two opposite points); the lower, the more uniform.
    embeddings: shape (n, d), n at least 2, rows of unit length.
    """
    check_embeddings(embeddings, "embeddings")
    n = len(embeddings)
    if n < 2:
        raise UndefinedError(f"{n} embedding, expected at least 2 to form a pair")
    total = 0.0
    for first in range(0, n, ROWS_AT_A_TIME):
        # ‖u − v‖² = 2 − 2 cos: exponents lie in [−8, 0], so that no exponential underflows.
        cosines = embeddings[first : first + ROWS_AT_A_TIME] @ embeddings[first:].T
        kernel = np.exp(2 * UNIFORMITY_T * (cosines - 1))
        total += np.triu(kernel, k=1).sum(dtype=np.float64)
    return math.log(total / (n * (n - 1) / 2))
