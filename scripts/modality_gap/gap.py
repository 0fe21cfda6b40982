"""How far apart the two modalities are."""

import numpy as np

from modality_gap.embeddings import check_pair


def gap_vector(images: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """Δ = mean(x) − mean(y), shape (d,), float64 (liang2022, Sec. 4.2).

    images, texts: shape (n, d) and (m, d), rows of unit length.
    """
    check_pair(images, texts)
    return images.mean(axis=0, dtype=np.float64) - texts.mean(axis=0, dtype=np.float64)


def modality_gap(images: np.ndarray, texts: np.ndarray) -> float:
    """Distance between the two modalities' centres, ‖mean(x) − mean(y)‖ (liang2022, Sec. 4.2).

    images, texts: shape (n, d) and (m, d), rows of unit length (`normalize` first).
    Raises ValueError where the widths differ or a value is not finite.
    """
    return float(np.linalg.norm(gap_vector(images, texts)))


def matched_distance(images: np.ndarray, texts: np.ndarray) -> float:
    """L2I: mean distance of matched pairs, mean ‖xᵢ − yᵢ‖ (Schrodi et al. 2025).

    images, texts: shape (n, d), rows of unit length, row i of one matching row i of the other.
    """
    check_pair(images, texts, paired=True)
    return float(np.sqrt(2 * np.maximum(0, 1 - matched_cosines(images, texts))).mean())


def matched_cosines(images: np.ndarray, texts: np.ndarray) -> np.ndarray:
    """cos(xᵢ, yᵢ) of matched pairs of unit length, shape (n,), float64."""
    return np.einsum("nd,nd->n", images, texts, dtype=np.float64)


def relative_modality_gap(images: np.ndarray, texts: np.ndarray) -> float:
    """RMG: matched distance relative to the spread within the modalities (Schrodi et al. 2025).

    m / (m + (s_x + s_y) / 2), with m the mean of (1 − cos)/2 over matched pairs and s the same
    over all pairs of different items within a modality. Between 0 (matched pairs coincide) and 1
    (each modality is one point). images, texts: shape (n, d), n ≥ 2, rows of unit length.
    """
    check_pair(images, texts, paired=True)
    matched = (1 - matched_cosines(images, texts).mean()) / 2
    within = np.mean([(1 - mean_cosine(modality)) / 2 for modality in (images, texts)])
    if matched + within == 0:
        raise ValueError("every image and every text is the same point: RMG is not defined")
    return float(matched / (matched + within))


def mean_cosine(embeddings: np.ndarray) -> float:
    """Mean cosine of all pairs of different rows, from Σx alone; rows of unit length, n ≥ 2."""
    n = len(embeddings)
    if n < 2:
        raise ValueError(f"{n} embedding, expected at least 2 to form a pair")
    total = embeddings.sum(axis=0, dtype=np.float64)
    own = np.einsum("nd,nd->", embeddings, embeddings, dtype=np.float64)
    return float((total @ total - own) / (n * (n - 1)))


def gap_measures(images: np.ndarray, texts: np.ndarray) -> dict[str, float]:
    """Every number that says how far apart two paired modalities are, by name.

    images, texts: shape (n, d), rows of unit length, row i of one matching row i of the other.
    """
    return {
        "modality_gap": modality_gap(images, texts),
        "matched_distance": matched_distance(images, texts),
        "relative_modality_gap": relative_modality_gap(images, texts),
        "matched_cosine": float(matched_cosines(images, texts).mean()),
        "image_centre_length": float(np.linalg.norm(images.mean(axis=0, dtype=np.float64))),
        "text_centre_length": float(np.linalg.norm(texts.mean(axis=0, dtype=np.float64))),
    }
