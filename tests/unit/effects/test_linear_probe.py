import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import log_softmax, softmax

from modality_gap.data.embeddings import normalize
from modality_gap.effects import linear_probe
from modality_gap.effects.linear_probe import chosen_linear_probe, linear_probe_accuracy

NAMES = np.array(["dog", "cat", "bird"])


@pytest.fixture
def noisy(random):
    """Three overlapping classes of unequal sizes: train, its labels, test, its labels."""
    labels = random.choice(3, 900, p=[0.6, 0.25, 0.15])
    centres = normalize(random.normal(size=(3, 6)))
    rows = normalize(centres[labels] + 0.5 * random.normal(size=(900, 6)))
    return rows[:600], labels[:600], rows[600:], labels[600:]


def brute_predictions(train, labels, test, regularization):
    """Minimise C · summed loss + ½‖W‖², the intercept free, and take the likeliest class."""
    d, one_hot = train.shape[1], np.eye(3)[labels]

    def objective(flat):
        weights = flat.reshape(d + 1, 3)
        logits = train @ weights[:d] + weights[d]
        loss = -(one_hot * log_softmax(logits, axis=1)).sum()
        errors = softmax(logits, axis=1) - one_hot
        slope = regularization * np.vstack([train.T @ errors, errors.sum(axis=0)])
        slope[:d] += weights[:d]
        return regularization * loss + (weights[:d] ** 2).sum() / 2, slope.ravel()

    weights = minimize(objective, np.zeros(3 * (d + 1)), jac=True, method="BFGS").x
    weights = weights.reshape(d + 1, 3)
    return (test @ weights[:d] + weights[d]).argmax(axis=1)


def test_accuracy_equals_that_of_the_minimised_objective(noisy):
    train, labels, test, test_labels = noisy
    accuracies = set()
    for regularization in (0.01, 0.316, 30.0):
        correct = brute_predictions(train, labels, test, regularization) == test_labels
        found = linear_probe_accuracy(train, labels, test, test_labels, regularization)
        per_class = np.mean([correct[test_labels == c].mean() for c in range(3)])
        assert found == pytest.approx({"accuracy": correct.mean(), "mean_per_class": per_class})
        accuracies.add(found["accuracy"])
    assert len(accuracies) == 3


def test_a_weak_probe_says_the_largest_class(noisy):
    train, labels, test, test_labels = noisy
    found = linear_probe_accuracy(train, labels, test, test_labels, 1e-6)
    assert found["accuracy"] == pytest.approx((test_labels == 0).mean())
    assert found["mean_per_class"] == pytest.approx(1 / 3)


def test_labels_may_be_words_and_features_single_precision(noisy):
    train, labels, test, test_labels = noisy
    expected = linear_probe_accuracy(*noisy, 10.0)
    found = linear_probe_accuracy(
        train.astype(np.float32), NAMES[labels], test.astype(np.float32), NAMES[test_labels], 10.0
    )
    assert found == pytest.approx(expected)


def test_a_class_that_training_never_showed_counts_as_wrong():
    axes = np.eye(3)
    found = linear_probe_accuracy(
        axes[:2], NAMES[:2], axes[[0, 1, 1, 2]], np.array(["dog", "cat", "cat", "bird"]), 10.0
    )
    assert found == {"accuracy": 0.75, "mean_per_class": pytest.approx(2 / 3)}


def test_a_fit_that_does_not_converge_is_refused(noisy, monkeypatch):
    monkeypatch.setattr(linear_probe, "MAX_ITERATIONS", 2)
    with pytest.raises(ValueError, match=r"did not converge in 2 iterations at C = 30.0.*\Z"):
        linear_probe_accuracy(*noisy, 30.0)


def test_counts_that_differ_are_named(noisy):
    train, labels, test, test_labels = noisy
    with pytest.raises(ValueError, match="test: 300 embeddings and 299 labels"):
        linear_probe_accuracy(train, labels, test, test_labels[1:], 1.0)


def test_the_regularisation_is_chosen_on_rows_set_apart_and_fitted_to_all(noisy):
    train, labels, *_ = noisy
    candidates = [30.0, 1e-6, 0.3, 0.01]
    found, table = chosen_linear_probe(*noisy, candidates, 0.25, 1)
    order = np.random.default_rng(1).permutation(600)
    apart, rest = order[:150], order[150:]
    expected = [
        linear_probe_accuracy(train[rest], labels[rest], train[apart], labels[apart], candidate)
        for candidate in sorted(candidates)
    ]
    assert table.regularization.tolist() == sorted(candidates)
    assert table.accuracy.tolist() == [each["accuracy"] for each in expected]
    assert table.mean_per_class.tolist() == [each["mean_per_class"] for each in expected]
    best = sorted(candidates)[int(np.argmax(table.accuracy))]
    assert best > 1e-6
    assert found == {**linear_probe_accuracy(*noisy, best), "regularization": best}


def test_of_equally_good_regularisations_the_strongest(noisy):
    found, table = chosen_linear_probe(*noisy, [1e-6, 1e-7, 1e-8], 0.25, 0)
    assert table.accuracy.nunique() == 1
    assert found["regularization"] == 1e-8


@pytest.mark.parametrize("validation", [0.0, 0.0001, 1.0])
def test_a_share_that_leaves_nothing_on_a_side_is_refused(noisy, validation):
    with pytest.raises(ValueError, match="of 600 training rows, expected some rows on both sides"):
        chosen_linear_probe(*noisy, [1.0], validation, 0)
