"""Two classes under noise with a mean, and under correlated noise (chowers2026, App. A.4).

The noise of both class texts has one mean m and sums to zero around it, as in Theorem 3.4, so that
the difference of the two has covariance 2C. Seen from their middle a query y then keeps its class with
probability Φ(±y·w / √(2 y′Cy)), w = x₁ − x₂: exact for Gaussian noise.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr

from modality_gap.closing.choices import Task
from modality_gap.closing.robustness import centred, robustness_table

GAP, OTHER = 1, 2  # dimensions of `two_class_task`: of the gap, and one in which nothing differs


@dataclass
class GeneralNoise:
    """Gaussian noise of m texts around a mean; of deviation 1 on average over the dimensions.

    mean: m, shape (d,), in deviations. share: of the variance that lies along `along` alone, a unit
    vector of shape (d,), the rest being the same in every dimension: C = (1 − share)·I + share·d·uu′.
    """

    mean: np.ndarray
    along: np.ndarray
    share: float

    def draw(self, random: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
        """Noise of the texts, shape (m, d), around its mean exactly."""
        alike, together = random.standard_normal(shape), random.standard_normal((shape[0], 1))
        found = np.sqrt(1 - self.share) * alike
        found += np.sqrt(self.share * shape[1]) * together * self.along
        return self.mean + centred(found)

    def form(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        """left′C right of rows, shape (..., d)."""
        same = (1 - self.share) * (left * right).sum(axis=-1)
        return same + self.share * left.shape[-1] * (left @ self.along) * (right @ self.along)


def general_robustness(
    seen: np.ndarray, separation: np.ndarray, noise: GeneralNoise, deviation: float
) -> np.ndarray:
    """Probability that each query keeps the nearer of two texts, shape (n,), as the module says.

    seen: queries from the middle of the texts, shape (n, d); separation: w, shape (d,).
    """
    moved = seen - deviation * noise.mean
    margin = np.sign(seen @ separation) * (moved @ separation)
    return ndtr(margin / (deviation * np.sqrt(2 * noise.form(moved, moved))))


def within_margin(
    seen: np.ndarray, separation: np.ndarray, noise: GeneralNoise, deviation: float
) -> np.ndarray:
    """Which queries have a margin that the noise's mean does not use up (A.4.1), shape (n,), bool."""
    return np.sign(seen @ separation) * ((seen - deviation * noise.mean) @ separation) > 0


def least_variance(seen: np.ndarray, direction: np.ndarray, noise: GeneralNoise) -> np.ndarray:
    """The multiple v of a direction for which (ȳ − v)′C(ȳ − v) is least, shape (d,) (A.4.2).

    ȳ: the mean of `seen`. For every α from 0 to 1, α·v meets eq. 42 at ȳ.
    """
    middle = seen.mean(axis=0)
    return direction * noise.form(direction, middle) / noise.form(direction, direction)


def general_noise_table(
    task: Task,
    gap: np.ndarray,
    alphas: list[float],
    deviations: list[float],
    draws: int,
    seed: int,
    mean: float,
    share: float,
) -> pd.DataFrame:
    """Simulated robustness of two classes to such noise beside what theory says.

    task, gap: of `two_class_task` and its gap vector, shape (d,). mean: of the noise, in deviations,
    from one class towards the other. share: as in `GeneralNoise`, between the gap and a direction that
    is orthogonal to it and to the classes. Columns of `robustness_table`, predicted, queries,
    distance_to_mean (root mean square) and noise: `with_mean` (of the queries of `within_margin`),
    `correlated` (moved along the gap), `correlated_across` (moved by `least_variance` along the other
    direction, which closes nothing).
    """
    separation = task.retrieved[0] - task.retrieved[1]
    seen, nothing = task.queries - task.retrieved.mean(axis=0), np.zeros(len(gap))
    axes = np.eye(len(gap))
    along = (axes[GAP] + axes[OTHER]) / np.sqrt(2)
    offset = GeneralNoise(mean * separation / np.linalg.norm(separation), along, 0.0)
    together = GeneralNoise(nothing, along, share)
    across = least_variance(seen, axes[OTHER], together)
    kinds = {
        "with_mean": (offset, gap),
        "correlated": (together, gap),
        "correlated_across": (together, across),
    }
    tables = []
    for kind, (noise, vector) in kinds.items():
        for deviation in deviations:
            asked = within_margin(seen, separation, noise, deviation)
            if not asked.any():
                continue
            part = Task(task.queries[asked], task.retrieved, task.right[asked])
            table = robustness_table(part, vector, alphas, [deviation], noise.draw, draws, seed)
            each = [seen[asked] - alpha * vector for alpha in alphas]
            found = [general_robustness(y, separation, noise, deviation).mean() for y in each]
            apart = [np.sqrt(np.square(y).sum(axis=1).mean()) for y in each]
            facts = {"predicted": found, "distance_to_mean": apart, "noise": kind}
            tables.append(table.assign(**facts, queries=int(asked.sum())))
    return pd.concat(tables, ignore_index=True)
