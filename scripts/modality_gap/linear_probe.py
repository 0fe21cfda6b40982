"""Linear probe: how well a linear classifier reads classes off the embeddings."""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression

from modality_gap.embeddings import check_embeddings
from modality_gap.zero_shot import mean_per_class

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
