"""Robustness of two classes to noise: simulated, and as theory has it (chowers2026, Theorem 3.4)."""

import numpy as np
import pandas as pd
from scipy.special import ndtr
from scipy.stats import ncx2

from modality_gap.closing.choices import Task, classification_task
from modality_gap.closing.general_noise import general_noise_table
from modality_gap.closing.projection import orthogonal_gap
from modality_gap.closing.robustness import robustness_table

NODES, REACH = 64, 9  # of the trapezoid rule, in deviations of the noise on either side


def centred_robustness(
    separation: float, margin: np.ndarray, distance: np.ndarray, deviation: float
) -> np.ndarray:
    """Probability that a query stays nearest to the same of two embeddings (chowers2026, Theorem 3.4).

    Φ(|x₁ − x₂|·margin / (√2·s·|y − μ|)), for Gaussian noise that leaves their mean μ where it is: the
    difference of the two has variance 2s² in each dimension. separation: |x₁ − x₂|; margin: how far
    the query y lies from the plane between them, at least 0; distance: |y − μ|, of the same shape;
    deviation: s. At one margin, the nearer the query to μ, the more robust.
    """
    return ndtr(separation * margin / (np.sqrt(2) * deviation * distance))


def gaussian_robustness(distances: np.ndarray, deviation: float, dimension: int) -> np.ndarray:
    """Probability that Gaussian noise leaves the nearest of any number of embeddings nearest, (n,).

    Exact for independent noise: squared noisy distances are then independent noncentral χ² variables,
    and the nearest must stay below all others: a trapezoid rule over its noisy distance.
    distances: to the embeddings as they are, shape (n, m); deviation: s in each of the d dimensions.
    """
    ordered = np.sort(distances, axis=1)[:, :, None] / deviation
    near, others = ordered[:, 0], ordered[:, 1:]
    middle = np.sqrt(near**2 + dimension)
    # The deviation of a noncentral χ variable is at most 1.
    nodes = np.linspace(np.maximum(0, middle - REACH)[:, 0], middle[:, 0] + REACH, NODES, axis=1)
    weights = nodes * ncx2.pdf(nodes**2, dimension, near**2)
    below_all = ncx2.sf(nodes[:, None] ** 2, dimension, others**2).prod(axis=1)
    return (weights * below_all).sum(axis=1) / weights.sum(axis=1)


def predicted_robustness(
    task: Task, moves: np.ndarray, deviations: list[float], centred_noise: bool
) -> np.ndarray:
    """Robustness of a task of two classes in theory, mean over its queries; (deviations, moves).

    moves: shape (t, d). centred_noise: by `centred_robustness`, else by `gaussian_robustness`.
    """
    first, second = task.retrieved
    separation = float(np.linalg.norm(first - second))
    found = np.empty((len(deviations), len(moves)))
    for t, move in enumerate(moves):
        seen = task.queries - (first + second) / 2 - move
        margin = np.abs(seen @ (first - second)) / separation
        distance = np.linalg.norm(seen, axis=1)
        to_both = np.linalg.norm(task.queries[:, None] - task.retrieved - move, axis=2)
        for s, deviation in enumerate(deviations):
            if centred_noise:
                each = centred_robustness(separation, margin, distance, deviation)
            else:
                each = gaussian_robustness(to_both, deviation, task.queries.shape[1])
            found[s, t] = each.mean()
    return found


def two_class_task(
    dimension: int, queries: int, separation: float, gap: float, spread: float, seed: int
) -> Task:
    """Two class texts, and the images of both, at a gap orthogonal to everything (Assumption 3.3).

    separation: |x₁ − x₂|, of the classes' images on average as of their texts; gap: its length;
    spread: how far an image lies from its class's centre, root mean square.
    """
    random = np.random.default_rng(seed)
    classes = np.zeros((2, dimension))
    classes[:, 0] = separation / 2, -separation / 2
    labels = np.arange(queries) % 2
    images = classes[labels] + random.normal(0, spread / np.sqrt(dimension), (queries, dimension))
    images[:, 1] = gap
    return classification_task(images, classes, labels)


def two_class_table(
    dimension: int,
    queries: int,
    separation: float,
    gap: float,
    spread: float,
    alphas: list[float],
    deviations: list[float],
    draws: int,
    seed: int,
    general: dict | None = None,
) -> pd.DataFrame:
    """Simulated robustness of two classes beside what theory says (chowers2026, Theorem 3.4, Fig. 7).

    Arguments as for `two_class_task` and `robustness_table`. Columns of the latter, noise (both
    `centred_gaussian`, of the theorem, and `gaussian`, of the experiments), distance_to_mean (of the
    queries, root mean square), predicted and queries. general: `mean` and `share` of the noises of
    `general_noise_table`, whose rows follow.
    """
    task = two_class_task(dimension, queries, separation, gap, spread, seed)
    vector = orthogonal_gap(task.queries, task.retrieved).vector
    moves = np.outer(alphas, vector)
    apart = [np.linalg.norm(task.queries - move, axis=1) for move in moves]
    distances = dict(zip(alphas, np.sqrt(np.square(apart).mean(axis=1)), strict=True))
    tables = []
    for noise in ("centred_gaussian", "gaussian"):
        table = robustness_table(task, vector, alphas, deviations, noise, draws, seed)
        predicted = predicted_robustness(task, moves, deviations, noise == "centred_gaussian")
        tables.append(table.assign(noise=noise, predicted=predicted.ravel()))
    found = pd.concat(tables, ignore_index=True)
    found = found.assign(distance_to_mean=found.alpha.map(distances), queries=queries)
    if general is None:
        return found
    further = general_noise_table(task, vector, alphas, deviations, draws, seed, **general)
    return pd.concat([found, further], ignore_index=True)
