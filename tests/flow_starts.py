"""Starts of gradient flows, and the loss and its gradient the obvious way."""

import numpy as np
from scipy.special import logsumexp

from modality_gap.origin import contrastive_loss as loss_of
from modality_gap.origin import gradient_flow as theory

LOGIT_SCALE, HEIGHT = 1 / 0.07, 0.2


def directions(seed, n, d):
    random = np.random.default_rng(seed)
    return tuple(theory.random_directions(random, n, d) for _ in "xy")


def brute_force_loss(logits):
    n = len(logits)
    rows = [logsumexp(logits[i]) - logits[i, i] for i in range(n)]
    columns = [logsumexp(logits[:, i]) - logits[i, i] for i in range(n)]
    return (np.mean(rows) + np.mean(columns)) / 2


def numerical_gradient(function, point, step=1e-6):
    found = np.empty_like(point)
    for index in np.ndindex(point.shape):
        moved = [point.copy(), point.copy()]
        moved[0][index] += step
        moved[1][index] -= step
        found[index] = (function(moved[0]) - function(moved[1])) / (2 * step)
    return found


def attraction(similarity, scale):
    """−⟨Z, ∇ℓ(aZ)⟩: above 0 the loss closes the gap (yaras2024, eq. 11)."""
    return -np.vdot(similarity, loss_of.contrastive_gradient(scale * similarity))
