"""Robustness: how often a query's nearest neighbour survives noise on what is retrieved.

Queries stay; retrieved embeddings r get noise s·z (standard deviation s in every dimension) and then
move by v (chowers2026, Secs. 3.3 and 5). Of |q − (r + s·z + v)|² only q·r, q·z, q·v and a few numbers
an item depend on what changes, so that one matrix product a draw of noise serves every s and v.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from modality_gap.closing.choices import Task
from modality_gap.closing.projection import (
    leading_components,
    orthogonal_gap,
    principal_axes,
    without_components,
)
from modality_gap.measures.gap import gap_vector
from modality_gap.measures.intervals import effective_number, mean_interval, wilson

VALUES_IN_CACHE = 2**15
DISTANCES = ("euclidean", "cosine")
STUDENT_DEGREES = 5

# Independent in each dimension, mean 0 and variance 1 (chowers2026, App. E, Fig. 14).
NOISES = {
    "gaussian": lambda random, shape: random.standard_normal(shape),
    "uniform": lambda random, shape: random.uniform(-np.sqrt(3), np.sqrt(3), shape),
    "laplace": lambda random, shape: random.laplace(0, np.sqrt(1 / 2), shape),
    "rademacher": lambda random, shape: 2.0 * random.integers(0, 2, shape) - 1,
    "student_t": lambda random, shape: (
        random.standard_t(STUDENT_DEGREES, shape) * np.sqrt(1 - 2 / STUDENT_DEGREES)
    ),
    # The noise of all items sums to zero, as Theorem 3.4 has it.
    "centred_gaussian": lambda random, shape: centred(random.standard_normal(shape)),
}


Noise = str | Callable[[np.random.Generator, tuple[int, int]], np.ndarray]


@dataclass
class Outcomes:
    """What noise and moves do to the choices of a task, as shares of its queries.

    The last of the moves is none at all. kept: nearest neighbour as without noise, after the same
    move (chowers2026, eqs. 10, 12), shape (draws, deviations, moves); noisy_accuracy: right choices
    with noise, of the same shape; accuracy: right choices without noise, shape (moves,); unchanged:
    without noise, share whose nearest neighbour is as without a move (Theorem 3.5), with its 95% interval
    over the queries' units, shape (moves, 3). changed: by how much accuracy without noise changes from no move, with its 95% interval over the queries' units,
    shape (moves, 3).
    """

    kept: np.ndarray
    noisy_accuracy: np.ndarray
    accuracy: np.ndarray
    unchanged: np.ndarray
    changed: np.ndarray


def centred(noise: np.ndarray) -> np.ndarray:
    """Noise of all items, shape (m, d), without its mean."""
    return noise - noise.mean(axis=0)


def draw_noise(kind: Noise, random: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Noise of mean 0 and variance 1, of a kind of `NOISES`, or that of a function like these.

    Shape (m, d), float64.
    """
    if callable(kind):
        return kind(random, shape)
    if kind not in NOISES:
        raise ValueError(f"noise {kind!r}, expected one of {', '.join(NOISES)}")
    return NOISES[kind](random, shape)


def similarities(task: Task, vectors: np.ndarray) -> np.ndarray:
    """Inner products of queries and the vectors they choose from; shape (n, m) or (n, c)."""
    if task.candidates is None:
        return task.queries @ vectors.T
    return np.matmul(vectors[task.candidates], task.queries[:, :, None])[:, :, 0]


def squared_lengths(
    retrieved: np.ndarray, noise: np.ndarray, moves: np.ndarray, deviations: np.ndarray
) -> np.ndarray:
    """|r + s·z + v|² for every s, v and item, shape (deviations, moves, m).

    retrieved, noise: shape (m, d); moves: shape (t, d).
    """
    s = deviations[:, None, None]
    own = np.einsum("md,md->m", retrieved, retrieved)
    own = own + 2 * s * np.einsum("md,md->m", retrieved, noise)
    own = own + s**2 * np.einsum("md,md->m", noise, noise)
    along = moves @ retrieved.T + s * (moves @ noise.T)
    return own + 2 * along + np.einsum("td,td->t", moves, moves)[:, None]


def choices_of(
    task: Task,
    clean: np.ndarray,
    noisy: np.ndarray,
    moves: np.ndarray,
    deviations: np.ndarray,
    lengths: np.ndarray,
    distance: str,
) -> np.ndarray:
    """Column of the nearest of its choices for every query, shape (deviations, moves, n).

    clean, noisy: `similarities` with retrieved embeddings and with noise; lengths: of
    `squared_lengths`. Of equally near ones the first.
    """
    found = np.empty((len(deviations), len(moves), len(clean)), dtype=np.int32)
    towards = task.queries @ moves.T
    weights = -lengths / 2 if distance == "euclidean" else 1 / np.sqrt(lengths)
    size = max(1, VALUES_IN_CACHE // clean.shape[1])
    for first in range(0, len(clean), size):
        rows = slice(first, first + size)
        scores = np.empty_like(clean[rows])
        for s, deviation in enumerate(deviations):
            still = clean[rows] + deviation * noisy[rows]
            for t in range(len(moves)):
                weight = weights[s, t]
                if task.candidates is not None:
                    weight = weight[task.candidates[rows]]
                if distance == "euclidean":
                    # q·v is the same for all that a query chooses from.
                    np.add(still, weight, out=scores)
                else:
                    np.add(still, towards[rows, t, None], out=scores)
                    scores *= weight
                found[s, t, rows] = scores.argmax(axis=1)
    return found


def noise_outcomes(
    task: Task,
    moves: np.ndarray,
    deviations: list[float],
    noise: Noise,
    draws: int,
    seed: int,
    distance: str = "euclidean",
) -> Outcomes:
    """Nearest neighbours under noise, for every standard deviation and move (chowers2026, eq. 12).

    moves: what is added to every retrieved embedding after the noise, shape (t, d); no move comes
    after them. deviations: standard deviations s of the noise in each dimension (its variance is
    s²); noise: of `NOISES`, or a function like those. draws: K; the same draws serve every deviation and move. distance:
    `euclidean` or `cosine`.
    Exact: as if distances were computed anew for each combination, in float64.
    """
    if distance not in DISTANCES:
        raise ValueError(f"distance {distance!r}, expected one of {', '.join(DISTANCES)}")
    if min(deviations) < 0:
        raise ValueError(f"standard deviation {min(deviations)}, expected at least 0")
    sizes, still = np.array(deviations, dtype=np.float64), np.zeros(1)
    moves = np.vstack([moves, np.zeros(task.queries.shape[1])])
    counts = np.zeros((2, draws, len(sizes), len(moves)))
    still_nearest, right = (np.empty((len(moves), len(task.queries))) for _ in range(2))
    first = 0
    at_rest = squared_lengths(task.retrieved, np.zeros_like(task.retrieved), moves, still)
    for block in task.blocks():
        queries = np.arange(len(block.queries))
        clean = similarities(block, task.retrieved)
        nearest = choices_of(block, clean, clean, moves, still, at_rest, distance)
        own = slice(first, first + len(queries))
        right[:, own] = block.right[queries, nearest[0]]
        first += len(queries)
        nearest = block.chosen_items(nearest)
        still_nearest[:, own] = nearest[0] == nearest[0, -1]
        # A draw is made again for each block: cheaper than to hold all of them.
        for draw, own_seed in enumerate(np.random.SeedSequence(seed).spawn(draws)):
            z = draw_noise(noise, np.random.default_rng(own_seed), task.retrieved.shape)
            lengths = squared_lengths(task.retrieved, z, moves, sizes)
            noisy = similarities(block, z)
            found = choices_of(block, clean, noisy, moves, sizes, lengths, distance)
            counts[0, draw] += (block.chosen_items(found) == nearest).sum(axis=-1)
            counts[1, draw] += block.right[queries, found].sum(axis=-1)
    kept, noisy = counts / len(task.queries)
    changed = np.array([mean_interval(own - right[-1], units=task.units) for own in right])
    numbers = np.array([effective_number(own, task.units) for own in still_nearest])
    unchanged = still_nearest.mean(axis=1)
    ends = wilson(unchanged * numbers, numbers)
    return Outcomes(kept, noisy, right.mean(axis=1), np.stack([unchanged, *ends], axis=-1), changed)


def outcome_table(outcomes: Outcomes, deviations: list[float], moves: pd.DataFrame) -> pd.DataFrame:
    """Means over the draws with 95% intervals, a row a standard deviation and move.

    moves: what is said of each move, a row each. Further columns: deviation; draws; robustness, change (of
    robustness, from no move, draw by draw) and noisy_accuracy, each with _low and _high; accuracy;
    unchanged; accuracy_change, from no move; both with _low and _high. Intervals are of the noise, for these
    queries, but for those two, which are over the queries' units.
    """
    changes = outcomes.kept - outcomes.kept[..., -1:]
    drawn = {
        "robustness": outcomes.kept,
        "change": changes,
        "noisy_accuracy": outcomes.noisy_accuracy,
    }
    rows = []
    for s, deviation in enumerate(deviations):
        for t in range(len(moves)):
            row = {"deviation": deviation, **moves.iloc[t]}
            for name, values in drawn.items():
                found = mean_interval(values[:, s, t])
                row |= zip((name, f"{name}_low", f"{name}_high"), found, strict=True)
            row["draws"] = len(outcomes.kept)
            row["accuracy"] = outcomes.accuracy[t]
            names = ("unchanged", "unchanged_low", "unchanged_high")
            row |= zip(names, outcomes.unchanged[t], strict=True)
            names = ("accuracy_change", "accuracy_change_low", "accuracy_change_high")
            row |= zip(names, outcomes.changed[t], strict=True)
            rows.append(row)
    return pd.DataFrame(rows)


def robustness_table(
    task: Task,
    vector: np.ndarray,
    alphas: list[float],
    deviations: list[float],
    noise: Noise,
    draws: int,
    seed: int,
    distance: str = "euclidean",
) -> pd.DataFrame:
    """`outcome_table` while what is retrieved moves by α·g′ (chowers2026, Figs. 8, 14), column alpha.

    vector: g′, shape (d,), of `projection.orthogonal_gap`; others as for `noise_outcomes`.
    """
    moves = np.outer(alphas, vector)
    outcomes = noise_outcomes(task, moves, deviations, noise, draws, seed, distance)
    return outcome_table(outcomes, deviations, pd.DataFrame({"alpha": alphas}))


def threshold_tradeoff(
    task: Task, thresholds: list[float], deviations: list[float], noise: str, draws: int, seed: int
) -> pd.DataFrame:
    """What closing the gap gains and costs, by Algorithm 1's threshold ε (chowers2026, Figs. 18, 19).

    thresholds: ε in [0, 1]. In the reading `cumulative_variance`, g′ is orthogonal to the leading
    components that hold 1 − ε of the variance; in `singular_value`, to those above ε of the largest
    singular value. 0 is eq. 11, 1 the whole gap. Columns of `outcome_table`, reading, threshold,
    components, kept_length (of `projection.OrthogonalGap`); change is the gain in robustness and
    −accuracy_change the loss.
    """
    axes, gap = principal_axes(task.retrieved), gap_vector(task.queries, task.retrieved)
    rows, moves = [], []
    for reading in ("cumulative_variance", "singular_value"):
        for threshold in thresholds:
            shares = (
                (1 - threshold, None) if reading == "cumulative_variance" else (None, threshold)
            )
            found = without_components(gap, axes, leading_components(axes.values, *shares))
            moves.append(found.vector)
            rows.append((reading, threshold, found.components, found.kept_length))
    outcomes = noise_outcomes(task, np.array(moves), deviations, noise, draws, seed)
    columns = ["reading", "threshold", "components", "kept_length"]
    return outcome_table(outcomes, deviations, pd.DataFrame(rows, columns=columns))


def robustness_tables(
    tasks: dict[str, Task],
    kept_variance: float | None,
    alphas: list[float],
    deviations: list[float],
    noises: list[str],
    noise_deviation: float,
    thresholds: list[float],
    draws: int,
    seed: int,
) -> dict[str, pd.DataFrame]:
    """Tables of `robustness_table` and `threshold_tradeoff` for every task, with column task.

    controlled: Gaussian noise of every deviation, by both distances (column distance); noises: every
    kind (column noise) at noise_deviation; tradeoff: over the thresholds. kept_variance: of
    `projection.orthogonal_gap`, None for eq. 11; the first two have its components and kept_length.
    """
    found = {"controlled": [], "noises": [], "tradeoff": []}
    for name, task in tasks.items():
        gap = orthogonal_gap(task.queries, task.retrieved, kept_variance)
        facts = {"task": name, "components": gap.components, "kept_length": gap.kept_length}
        for distance in DISTANCES:
            how = (deviations, "gaussian", draws, seed, distance)
            table = robustness_table(task, gap.vector, alphas, *how)
            found["controlled"].append(table.assign(**facts, distance=distance))
        for noise in noises:
            how = ([noise_deviation], noise, draws, seed)
            table = robustness_table(task, gap.vector, alphas, *how)
            found["noises"].append(table.assign(**facts, noise=noise))
        how = (deviations, "gaussian", draws, seed)
        found["tradeoff"].append(threshold_tradeoff(task, thresholds, *how).assign(task=name))
    return {name: pd.concat(tables, ignore_index=True) for name, tables in found.items()}
