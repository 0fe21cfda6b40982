import numpy as np
import pytest
from scipy.stats import norm

from modality_gap.closing.choices import classification_task
from modality_gap.closing.projection import orthogonal_gap
from modality_gap.closing.robustness import noise_outcomes
from modality_gap.closing.two_class import (
    centred_robustness,
    gaussian_robustness,
    predicted_robustness,
    two_class_table,
)


@pytest.mark.parametrize(("dimension", "classes"), [(3, 5), (64, 2), (64, 12)])
@pytest.mark.parametrize("deviation", [0.1, 0.5])
def test_independent_noise_keeps_neighbours_as_often_as_theory_says(
    random, dimension, classes, deviation
):
    """Any number of classes: noncentral χ² against simulation."""
    queries, items = (random.normal(size=(n, dimension)) for n in (20, classes))
    distances = np.linalg.norm(queries[:, None] - items, axis=2)
    expected = gaussian_robustness(distances, deviation, dimension)
    task = classification_task(queries, items, np.zeros(20, dtype=int))
    outcomes = noise_outcomes(task, np.zeros((1, dimension)), [deviation], "gaussian", 1500, 1)
    kept = outcomes.kept[:, 0, 0]
    error = kept.std() / np.sqrt(1500)
    assert kept.mean() == pytest.approx(expected.mean(), abs=4 * error)


def test_two_far_dimensions_are_a_line(random):
    """Where noise is tiny beside distances, only its parts along the two directions count."""
    queries = random.normal(size=(8, 6))
    pair = random.normal(size=(2, 6))
    distances = np.linalg.norm(queries[:, None] - pair, axis=2)
    near, far = np.sort(distances, axis=1).T
    found = gaussian_robustness(distances, 0.01, 6)
    np.testing.assert_allclose(found, norm.cdf((far - near) / (np.sqrt(2) * 0.01)), atol=2e-3)


def test_noise_that_sums_to_zero_keeps_neighbours_as_the_theorem_says(random):
    queries, pair = random.normal(size=(30, 8)), random.normal(size=(2, 8))
    task = classification_task(queries, pair, np.zeros(30, dtype=int))
    moves = np.outer([0, 1], orthogonal_gap(queries, pair).vector)
    expected = predicted_robustness(task, moves, [0.2, 0.6], True)
    found = noise_outcomes(task, moves, [0.2, 0.6], "centred_gaussian", 3000, 2).kept[..., :-1]
    error = found.std(axis=0) / np.sqrt(3000)
    assert (np.abs(found.mean(axis=0) - expected) < 4 * error).all()


def test_the_theorems_limits():
    """On the plane between both it is a coin; far from both along the plane it tends to one."""
    assert centred_robustness(1.0, np.zeros(1), np.ones(1), 0.1) == 0.5
    distances = np.array([0.5, 1, 2, 1e9])
    found = centred_robustness(1.0, np.full(4, 0.5), distances, 0.3)
    assert (np.diff(found) < 0).all()
    assert found[-1] == pytest.approx(0.5)


def test_the_study_of_two_classes_is_what_theory_says():
    table = two_class_table(32, 40, 0.6, 0.8, 0.5, [-1, 0, 1], [0.05, 0.1], 400, 0)
    inside = (table.robustness_low <= table.predicted) & (table.predicted <= table.robustness_high)
    assert inside.sum() >= 10
    assert np.abs(table.robustness - table.predicted).max() < 0.02
    distances = table.drop_duplicates("alpha").set_index("alpha").distance_to_mean
    assert distances[1] < distances[0] < distances[-1]
