"""Robustness: how often a query's nearest neighbour survives noise on what is retrieved.

Queries stay; retrieved embeddings r get noise s·z (standard deviation s in every dimension) and then
move by v (chowers2026, Secs. 3.3 and 5). Of |q − (r + s·z + v)|² only q·r, q·z, q·v and a few numbers
an item depend on what changes, so that one matrix product a draw of noise serves every s and v.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtr
from scipy.stats import ncx2

from modality_gap.closing.projection import (
    leading_components,
    orthogonal_gap,
    principal_axes,
    without_components,
)
from modality_gap.data.embeddings import UndefinedError, check_embeddings, first_equal_rows
from modality_gap.measures.gap import gap_vector
from modality_gap.measures.intervals import mean_interval

VALUES_AT_A_TIME = 2**24  # of a block of similarities in memory
ROWS_AT_A_TIME = 8192
VALUES_IN_CACHE = 2**15
DISTANCES = ("euclidean", "cosine")
STUDENT_DEGREES = 5
NODES, REACH = 64, 9  # of the trapezoid rule, in deviations of the noise on either side

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


@dataclass
class Task:
    """Queries that each choose the nearest of what is retrieved.

    queries, retrieved: shape (n, d) and (m, d), float64. right: which choices are right, shape (n,
    m), bool, or from 0 to 1 where equal rows are not all right: each of them is as likely chosen.
    candidates: the c rows of `retrieved` that each query has to choose from, shape (n, c), and right
    then of that shape; None where it chooses from all. items: the first row that equals each row
    of `retrieved`, shape (m,): equal rows are one item.
    """

    queries: np.ndarray
    retrieved: np.ndarray
    right: np.ndarray
    candidates: np.ndarray | None = None
    items: np.ndarray | None = None

    def __post_init__(self):
        check_embeddings(self.queries, "queries")
        check_embeddings(self.retrieved, "retrieved")
        choices = len(self.retrieved) if self.candidates is None else self.candidates.shape[1]
        if self.right.shape != (len(self.queries), choices):
            expected = (len(self.queries), choices)
            raise ValueError(f"right answers of shape {self.right.shape}, expected {expected}")
        self.queries = np.asarray(self.queries, dtype=np.float64)
        self.retrieved = np.asarray(self.retrieved, dtype=np.float64)
        if self.items is None:
            self.items = first_equal_rows(self.retrieved)
            if self.candidates is None:
                self.right = shared_by_equals(self.right, self.items)

    def chosen_items(self, columns: np.ndarray) -> np.ndarray:
        """The item of each choice; columns: of `choices_of`, shape (…, n)."""
        if self.candidates is not None:
            columns = self.candidates[np.arange(len(self.candidates)), columns]
        return self.items[columns]

    def blocks(self) -> Iterator["Task"]:
        """The same for some of the queries at a time, in memory that does not grow with them."""
        each = len(self.retrieved)
        if self.candidates is not None:
            each = self.candidates.shape[1] * self.queries.shape[1]
        size = max(1, min(ROWS_AT_A_TIME, VALUES_AT_A_TIME // each))
        for first in range(0, len(self.queries), size):
            rows = slice(first, first + size)
            own = None if self.candidates is None else self.candidates[rows]
            yield Task(self.queries[rows], self.retrieved, self.right[rows], own, self.items)


def shared_by_equals(right: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Right answers, shape (n, m), where a choice among equal rows is as often each of them.

    items: the first row that equals each, shape (m,).
    """
    sizes = np.bincount(items)
    repeated = np.flatnonzero(sizes > 1)
    if len(repeated) == 0:
        return right
    shared = right.astype(np.float32)
    for item in repeated:
        shared[:, items == item] = right[:, items == item].mean(axis=1, keepdims=True)
    return shared


@dataclass
class Outcomes:
    """What noise and moves do to the choices of a task, as shares of its queries.

    The last of the moves is none at all. kept: nearest neighbour as without noise, after the same
    move (chowers2026, eqs. 10, 12), shape (draws, deviations, moves); noisy_accuracy: right choices
    with noise, of the same shape; accuracy: right choices without noise, shape (moves,); unchanged:
    without noise, nearest neighbour as without a move (Theorem 3.5), shape (moves,).
    """

    kept: np.ndarray
    noisy_accuracy: np.ndarray
    accuracy: np.ndarray
    unchanged: np.ndarray


def centred(noise: np.ndarray) -> np.ndarray:
    """Noise of all items, shape (m, d), without its mean."""
    return noise - noise.mean(axis=0)


def classification_task(images: np.ndarray, classes: np.ndarray, labels: np.ndarray) -> Task:
    """Zero-shot classification: an image chooses among class texts; labels: shape (n,), from 0."""
    if np.min(labels) < 0 or np.max(labels) >= len(classes):
        raise ValueError(
            f"labels from {np.min(labels)} to {np.max(labels)}, expected 0 to {len(classes) - 1}"
        )
    return Task(images, classes, np.asarray(labels)[:, None] == np.arange(len(classes)))


def retrieval_task(queries: np.ndarray, items: np.ndarray, matches: np.ndarray) -> Task:
    """Retrieval: each query chooses among all items, any of its matches is right (recall@1).

    queries, items: shape (n, d) and (m, d); matches: (query row, item row), shape (p, 2). Queries
    without a match are left out.
    """
    rows, query = np.unique(matches[:, 0], return_inverse=True)
    right = np.zeros((len(rows), len(items)), dtype=bool)
    right[query, matches[:, 1]] = True
    return Task(queries[rows], items, right)


def choice_task(
    images: np.ndarray, texts: np.ndarray, pairs: np.ndarray, choices: int, seed: int
) -> Task:
    """Multiple choice: each image chooses between its matched text and random others.

    images, texts: shape (n, d) and (m, d); pairs: every (image row, text row) that belong together,
    an image's matched one first. No wrong choice is another text of the image. The
    right one comes last, so that a tie counts against it.
    """
    random, rows, candidates = np.random.default_rng(seed), np.unique(pairs[:, 0]), []
    order = np.argsort(pairs[:, 0], kind="stable")
    starts = np.searchsorted(pairs[order, 0], rows)
    for own in np.split(pairs[order, 1], starts[1:]):
        needed = choices - 1 + len(own)
        if needed > len(texts):
            raise UndefinedError(f"{len(texts)} texts, expected at least {needed} to choose from")
        drawn = random.choice(len(texts), needed, replace=False)
        candidates.append([*drawn[~np.isin(drawn, own)][: choices - 1], own[0]])
    right = np.zeros((len(rows), choices), dtype=bool)
    right[:, -1] = True
    return Task(images[rows], texts, right, np.array(candidates))


def draw_noise(kind: str, random: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Noise of mean 0 and variance 1, of a kind of `NOISES`; shape (m, d), float64."""
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
    noise: str,
    draws: int,
    seed: int,
    distance: str = "euclidean",
) -> Outcomes:
    """Nearest neighbours under noise, for every standard deviation and move (chowers2026, eq. 12).

    moves: what is added to every retrieved embedding after the noise, shape (t, d); no move comes
    after them. deviations: standard deviations s of the noise in each dimension (its variance is
    s²); noise: of `NOISES`. draws: K; the same draws serve every deviation and move. distance:
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
    clean_counts = np.zeros((2, len(moves)))
    at_rest = squared_lengths(task.retrieved, np.zeros_like(task.retrieved), moves, still)
    for block in task.blocks():
        queries = np.arange(len(block.queries))
        clean = similarities(block, task.retrieved)
        nearest = choices_of(block, clean, clean, moves, still, at_rest, distance)
        clean_counts[1] += block.right[queries, nearest[0]].sum(axis=-1)
        nearest = block.chosen_items(nearest)
        clean_counts[0] += (nearest[0] == nearest[0, -1]).sum(axis=-1)
        # A draw is made again for each block: cheaper than to hold all of them.
        for draw, own_seed in enumerate(np.random.SeedSequence(seed).spawn(draws)):
            z = draw_noise(noise, np.random.default_rng(own_seed), task.retrieved.shape)
            lengths = squared_lengths(task.retrieved, z, moves, sizes)
            noisy = similarities(block, z)
            found = choices_of(block, clean, noisy, moves, sizes, lengths, distance)
            counts[0, draw] += (block.chosen_items(found) == nearest).sum(axis=-1)
            counts[1, draw] += block.right[queries, found].sum(axis=-1)
    kept, right = counts / len(task.queries)
    unchanged, accuracy = clean_counts / len(task.queries)
    return Outcomes(kept, right, accuracy, unchanged)


def outcome_table(outcomes: Outcomes, deviations: list[float], moves: pd.DataFrame) -> pd.DataFrame:
    """Means over the draws with 95% intervals, a row a standard deviation and move.

    moves: what is said of each move, a row each. Further columns: deviation; robustness, change (of
    robustness, from no move, draw by draw) and noisy_accuracy, each with _low and _high; accuracy and
    unchanged; accuracy_change, from no move. Intervals are of the noise, for these queries.
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
            row["accuracy"], row["unchanged"] = outcomes.accuracy[t], outcomes.unchanged[t]
            row["accuracy_change"] = outcomes.accuracy[t] - outcomes.accuracy[-1]
            rows.append(row)
    return pd.DataFrame(rows)


def robustness_table(
    task: Task,
    vector: np.ndarray,
    alphas: list[float],
    deviations: list[float],
    noise: str,
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
) -> pd.DataFrame:
    """Simulated robustness of two classes beside what theory says (chowers2026, Theorem 3.4, Fig. 7).

    Arguments as for `two_class_task` and `robustness_table`. Columns of the latter, noise (both
    `centred_gaussian`, of the theorem, and `gaussian`, of the experiments), distance_to_mean (of the
    queries, root mean square) and predicted.
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
    return found.assign(distance_to_mean=found.alpha.map(distances))
