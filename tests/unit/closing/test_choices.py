import numpy as np
import pytest

from modality_gap.closing.choices import (
    Task,
    choice_task,
    classification_task,
    own_choice_task,
    retrieval_task,
)
from modality_gap.closing.robustness import noise_outcomes
from modality_gap.data.embeddings import normalize


def modalities(random, n, m, d):
    return (normalize(random.normal(size=(k, d)) + shift) for k, shift in ((n, 0.6), (m, -0.3)))


def test_wrong_choices_are_never_texts_of_the_image(random):
    images, texts = modalities(random, 40, 9, 12)
    pairs = np.array([(image, (image + k) % 9) for image in range(40) for k in (3, 0, 5)])
    task = choice_task(images, texts, pairs, 4, 0)
    for image, own in enumerate(task.candidates):
        assert own[-1] == (image + 3) % 9
        assert len(set(own)) == 4
        assert not {image % 9, (image + 5) % 9} & set(own)
    assert (task.right == [False, False, False, True]).all()
    counts = np.bincount(task.candidates[:, :-1].ravel(), minlength=9)
    assert counts.min() > 0
    with pytest.raises(ValueError, match="9 texts, expected at least 11"):
        choice_task(images, texts, pairs, 9, 0)


def test_retrieval_counts_any_match_and_leaves_out_queries_without(random):
    items = np.eye(3)
    queries = np.array([[1, 0.2, 0], [0, 1, 0.1], [0, 0.2, 1.0]])
    task = retrieval_task(queries, items, np.array([[0, 2], [0, 0], [2, 1]]))
    outcomes = noise_outcomes(task, np.zeros((0, 3)), [0.0], "gaussian", 1, 0)
    assert len(task.queries) == 2
    assert outcomes.accuracy[0] == 0.5


def test_own_choices_are_chosen_from_and_the_right_one_may_stand_twice():
    texts = np.eye(4)
    images = np.array([[0.9, 0, 0.1, 0], [0, 0.2, 0, 0.8], [0, 0.9, 0.1, 0]])
    task = own_choice_task(images, texts, np.array([[1, 2, 0], [0, 1, 2], [1, 3, 1]]))
    assert task.right.tolist() == [[False, False, True], [False, False, True], [True, False, True]]
    outcomes = noise_outcomes(task, np.zeros((0, 4)), [0.0], "gaussian", 1, 0)
    assert outcomes.accuracy[0] == pytest.approx(2 / 3)


def test_bad_tasks_are_named(random):
    images, texts = modalities(random, 5, 3, 4)
    with pytest.raises(ValueError, match="expected 0 to 2"):
        classification_task(images, texts, np.arange(5))
    with pytest.raises(ValueError, match=r"expected \(5, 3\)"):
        Task(images, texts, np.zeros((5, 2), dtype=bool))
