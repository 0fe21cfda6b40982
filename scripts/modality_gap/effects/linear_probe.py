"""Linear probe: how well a linear classifier reads classes off the embeddings."""

import warnings

import numpy as np
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from modality_gap.data.embeddings import check_embeddings
from modality_gap.effects.zero_shot import mean_per_class

MAX_ITERATIONS = 1000


def linear_probe_accuracy(
    train: np.ndarray,
    train_labels: np.ndarray,
    test: np.ndarray,
    test_labels: np.ndarray,
    regularization: float,
) -> dict[str, float]:
    """Accuracy of logistic regression on projected features (yaras2024, App. E.3), by name.

    accuracy, and mean_per_class: averaged over the classes of the test set. A test label that
    training never showed counts as wrong. train, test: shape (n, d) and (m, d), rows of unit
    length; labels: strings or integers, shape (n,) and (m,). regularization: C, the weight of the
    summed loss against ½‖w‖²; CLIP's 0.316 is for its raw features, longer than 1.
    Raises ValueError where the fit has not converged after 1,000 iterations, as for CLIP.
    """
    for name, rows, labels in (("train", train, train_labels), ("test", test, test_labels)):
        check_embeddings(rows, name)
        if len(rows) != len(labels):
            raise ValueError(f"{name}: {len(rows)} embeddings and {len(labels)} labels")
    probe = LogisticRegression(C=regularization, max_iter=MAX_ITERATIONS)
    with warnings.catch_warnings():
        warnings.simplefilter("error", ConvergenceWarning)
        try:
            probe.fit(train.astype(np.float64), train_labels)
        except ConvergenceWarning:
            raise ValueError(
                f"the linear probe did not converge in {MAX_ITERATIONS} iterations at "
                f"C = {regularization}, expected a smaller C"
            ) from None
    correct = probe.predict(test.astype(np.float64)) == np.asarray(test_labels)
    return {
        "accuracy": float(correct.mean()),
        "mean_per_class": mean_per_class(correct, test_labels),
    }


def chosen_linear_probe(
    train: np.ndarray,
    train_labels: np.ndarray,
    test: np.ndarray,
    test_labels: np.ndarray,
    regularizations: list[float],
    validation: float,
    seed: int,
) -> tuple[dict[str, float], pd.DataFrame]:
    """As `linear_probe_accuracy`, with the regularisation that does best on images set apart.

    regularizations: candidates for C; validation: the share of the training rows, drawn at random,
    that they are compared on, before the best one (of equals the smallest) is fitted to all.
    Returns accuracy, mean_per_class and regularization by name, and the accuracies of every
    candidate, columns regularization, accuracy and mean_per_class.
    """
    n = len(train)
    number = round(validation * n)
    if not 0 < number < n:
        raise ValueError(
            f"validation share {validation:g} of {n} training rows, expected some rows on both sides"
        )
    order = np.random.default_rng(seed).permutation(n)
    apart, rest = order[:number], order[number:]
    labels = np.asarray(train_labels)
    parts = (train[rest], labels[rest], train[apart], labels[apart])
    rows = [
        {"regularization": candidate, **linear_probe_accuracy(*parts, candidate)}
        for candidate in sorted(regularizations)
    ]
    table = pd.DataFrame(rows)
    best = float(table.regularization[table.accuracy.idxmax()])
    found = linear_probe_accuracy(train, labels, test, test_labels, best)
    return {**found, "regularization": best}, table
