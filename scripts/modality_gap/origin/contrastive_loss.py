"""The contrastive loss of a similarity matrix, its gradient, and how surely pairs are matched."""

import numpy as np
from scipy.special import logsumexp


def matched_margins(similarity: np.ndarray) -> np.ndarray:
    """How much more similar each pair is than its images' and texts' best other match, shape (n,).

    similarity: shape (n, n), images by texts, n ≥ 2, pair i at (i, i). Zᵢᵢ − max over j ≠ i of Zᵢⱼ
    and Zⱼᵢ: positive where the image finds its text and the text its image (yaras2024, Sec. 2).
    """
    similarity = np.asarray(similarity, dtype=np.float64)
    if similarity.ndim != 2 or len(set(similarity.shape)) != 1 or len(similarity) < 2:
        raise ValueError(
            f"similarity: expected an array (n, n) with n at least 2, got shape {similarity.shape}"
        )
    if not np.isfinite(similarity).all():
        raise ValueError("similarity: holds NaN or infinity, expected finite values")
    others = similarity.copy()
    np.fill_diagonal(others, -np.inf)
    return np.diag(similarity) - np.maximum(others.max(axis=0), others.max(axis=1))


def margin(similarity: np.ndarray) -> float:
    """α(Z), the smallest of `matched_margins`: above 0 all pairs are matched (yaras2024, Fig. 3)."""
    return float(matched_margins(similarity).min())


def contrastive_loss(logits: np.ndarray) -> float:
    """Mean cross entropy of rows and columns, in nats; logits: shape (n, n) (yaras2024, eq. 2)."""
    own = np.diag(logits)
    rows = logsumexp(logits - own[:, None], axis=1)
    columns = logsumexp(logits - own, axis=0)
    return float((rows + columns).mean() / 2)


def contrastive_gradient(logits: np.ndarray) -> np.ndarray:
    """Gradient of `contrastive_loss`, shape (n, n) (yaras2024, App. B.1).

    The diagonal is minus the sum of what the others take, not a probability minus 1: so it keeps
    its digits when the loss is all but 0.
    """
    wrong = []
    for axis in (1, 0):
        exponentials = np.exp(logits - logits.max(axis=axis, keepdims=True))
        probabilities = exponentials / exponentials.sum(axis=axis, keepdims=True)
        np.fill_diagonal(probabilities, 0)
        wrong.append(probabilities)
    gradient = wrong[0] + wrong[1]
    np.fill_diagonal(gradient, -wrong[0].sum(axis=1) - wrong[1].sum(axis=0))
    return gradient / (2 * len(logits))
