"""Tasks in which each query chooses the nearest of what is retrieved."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from modality_gap.data.embeddings import UndefinedError, check_embeddings, first_equal_rows

VALUES_AT_A_TIME = 2**24  # of a block of similarities in memory
ROWS_AT_A_TIME = 8192


@dataclass
class Task:
    """Queries that each choose the nearest of what is retrieved.

    queries, retrieved: shape (n, d) and (m, d), float64. right: which choices are right, shape (n,
    m), bool, or from 0 to 1 where equal rows are not all right: each of them is as likely chosen.
    candidates: the c rows of `retrieved` that each query has to choose from, shape (n, c), and right
    then of that shape; None where it chooses from all. items: the first row that equals each row
    of `retrieved`, shape (m,): equal rows are one item. units: which queries are not independent,
    shape (n,), as in `intervals.unit_codes`; None: each is its own.
    """

    queries: np.ndarray
    retrieved: np.ndarray
    right: np.ndarray
    candidates: np.ndarray | None = None
    items: np.ndarray | None = None
    units: np.ndarray | None = None

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


def classification_task(
    images: np.ndarray, classes: np.ndarray, labels: np.ndarray, units: np.ndarray | None = None
) -> Task:
    """Zero-shot classification: an image chooses among class texts; labels: shape (n,), from 0.

    units: of the images, as in `Task`.
    """
    if np.min(labels) < 0 or np.max(labels) >= len(classes):
        raise ValueError(
            f"labels from {np.min(labels)} to {np.max(labels)}, expected 0 to {len(classes) - 1}"
        )
    right = np.asarray(labels)[:, None] == np.arange(len(classes))
    return Task(images, classes, right, units=units)


def retrieval_task(
    queries: np.ndarray, items: np.ndarray, matches: np.ndarray, units: np.ndarray | None = None
) -> Task:
    """Retrieval: each query chooses among all items, any of its matches is right (recall@1).

    queries, items: shape (n, d) and (m, d); matches: (query row, item row), shape (p, 2). Queries
    without a match are left out. units: of all queries, as in `Task`.
    """
    rows, query = np.unique(matches[:, 0], return_inverse=True)
    right = np.zeros((len(rows), len(items)), dtype=bool)
    right[query, matches[:, 1]] = True
    return Task(queries[rows], items, right, units=None if units is None else units[rows])


def choice_task(
    images: np.ndarray,
    texts: np.ndarray,
    pairs: np.ndarray,
    choices: int,
    seed: int,
    units: np.ndarray | None = None,
) -> Task:
    """Multiple choice: each image chooses between its matched text and random others.

    images, texts: shape (n, d) and (m, d); pairs: every (image row, text row) that belong together,
    an image's matched one first. No wrong choice is another text of the image. The
    right one comes last, so that a tie counts against it. units: of the images, as in `Task`.
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
    own = None if units is None else units[rows]
    return Task(images[rows], texts, right, np.array(candidates), units=own)


def own_choice_task(
    images: np.ndarray, texts: np.ndarray, candidates: np.ndarray, units: np.ndarray | None = None
) -> Task:
    """Multiple choice among what each image's question brings (chowers2026, Fig. 8c, d).

    images: shape (n, d); texts: shape (m, d), each once; candidates: text rows of each image's
    choices, the right one last, shape (n, c). A choice that reads as the right one is right, too.
    units: of the images, as in `Task`.
    """
    right = candidates == candidates[:, -1:]
    return Task(images, texts, right, candidates, units=units)
