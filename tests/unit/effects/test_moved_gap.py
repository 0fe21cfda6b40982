import math

import numpy as np
import pytest
from scipy.special import softmax
from sklearn.metrics import roc_auc_score

from modality_gap.data.embeddings import normalize
from modality_gap.effects.moved_gap import shifted_recall_table, zero_shot_table
from modality_gap.effects.moves import gap_direction, given_direction
from modality_gap.effects.zero_shot import zero_shot_accuracy
from modality_gap.measures.retrieval import recall_at_k

SHIFTS = [-1.1, -0.3, 0.0, 0.4, 0.9]
MOVED = {"both": (0.5, 0.5), "images": (1, 0), "texts": (0, 1)}


def really_moved(x, y, unit, moved, shift):
    """Images towards texts and texts towards images, then back to the sphere."""
    of_images, of_texts = MOVED[moved]
    return normalize(x - of_images * shift * unit), normalize(y + of_texts * shift * unit)


def signed_distance(x, y, unit):
    apart = x.mean(axis=0) - y.mean(axis=0)
    return math.copysign(np.linalg.norm(apart), apart @ unit)


@pytest.fixture
def task(random):
    """300 images of seven unequal classes, class texts, and the labels."""
    texts = normalize(random.normal(size=(7, 9)) + 0.8)
    labels = random.choice(7, 300, p=np.arange(1, 8) / 28)
    images = normalize(texts[labels] + 0.9 * random.normal(size=(300, 9)) - 1.1)
    return images, texts, labels


def test_accuracies_equal_those_of_moved_embeddings(task, random):
    images, texts, labels = task
    elsewhere = [normalize(random.normal(size=(50, 9)) + mean) for mean in (0.3, -0.3)]
    directions = {
        "task": gap_direction(images, texts),
        "elsewhere": gap_direction(*elsewhere),
        "given": given_direction(np.arange(9)),
    }
    curves, _ = zero_shot_table(images, texts, labels, directions, list(MOVED), SHIFTS, None, 10, 0)
    assert len(curves) == 3 * 3 * 5 * 3
    for row in curves.itertuples():
        unit = directions[row.direction].unit
        x, y = really_moved(images, texts, unit, row.moved, row.shift)
        assert row.value == pytest.approx(zero_shot_accuracy(x, y, labels)[row.metric])
        assert row.centre_distance == pytest.approx(signed_distance(x, y, unit))
        if row.direction == "given":
            assert math.isnan(row.reference_distance)
        elif row.direction == "task":
            assert row.reference_distance == row.centre_distance
        else:
            there = really_moved(*elsewhere, unit, row.moved, row.shift)
            assert row.reference_distance == pytest.approx(signed_distance(*there, unit))
    assert curves.groupby(["direction", "moved", "metric"]).value.nunique().median() > 2


def test_baselines_are_those_of_a_constant_answer(task):
    images, texts, labels = task
    directions = {"task": gap_direction(images, texts)}
    curves, _ = zero_shot_table(images, texts, labels, directions, ["both"], [0.0], None, 10, 0)
    shares = np.sort(np.bincount(labels))[::-1] / 300
    assert curves.set_index("metric").baseline.to_dict() == pytest.approx(
        {"top_1": shares[0], "top_5": shares[:5].sum(), "mean_per_class": 1 / 7}
    )


def test_the_roc_curve_is_that_of_the_papers_softmax(random):
    """liang2022, Table 1, HatefulMemes: softmax(100·cos) of the positive class."""
    texts = normalize(random.normal(size=(2, 20)) * 0.2 + 1)
    labels = random.integers(0, 2, 150)
    images = normalize(texts[labels] + 0.3 * random.normal(size=(150, 20)) - 1.7)
    directions = {"task": gap_direction(images, texts)}
    curves, _ = zero_shot_table(images, texts, labels, directions, list(MOVED), SHIFTS, 1, 10, 0)
    found = curves[curves.metric == "roc_auc"]
    assert len(found) == 15
    for row in found.itertuples():
        x, y = really_moved(images, texts, directions["task"].unit, row.moved, row.shift)
        expected = roc_auc_score(labels == 1, softmax(100 * x @ y.T, axis=1)[:, 1])
        assert row.value == pytest.approx(expected, abs=1e-9)


def test_a_roc_curve_of_three_classes_is_refused(task):
    images, texts, labels = task
    directions = {"task": gap_direction(images, texts)}
    with pytest.raises(ValueError, match="roc_auc: 7 classes, expected 2"):
        zero_shot_table(images, texts, labels, directions, ["both"], [0.0], 1, 10, 0)


def test_recalls_equal_those_of_moved_embeddings(random):
    images, texts = (
        normalize(random.normal(size=(n, 6)) + mean) for n, mean in ((40, 0.5), (70, -0.2))
    )
    pairs = np.array([(i, t) for i in range(40) for t in random.choice(60, 2, replace=False)])
    matched = np.arange(len(pairs)) % 2 == 1
    curves, _ = shifted_recall_table(
        images, texts, pairs, matched, list(MOVED), SHIFTS, [1, 5], 10, 0
    )
    assert len(curves) == 2 * 3 * 5 * 2
    first = pairs[1::2]
    gap = images[first[:, 0]].mean(axis=0) - texts[first[:, 1]].mean(axis=0)
    unit = gap / np.linalg.norm(gap)
    for row in curves.itertuples():
        x, y = really_moved(images, texts, unit, row.moved, row.shift)
        assert row.metric == f"recall@{row.k}"
        assert row.value == pytest.approx(recall_at_k(x, y, pairs, [row.k])[row.direction, row.k])
        distance = signed_distance(x[first[:, 0]], y[first[:, 1]], unit)
        assert row.centre_distance == pytest.approx(distance)


def test_clip_at_its_own_gap_and_the_distances_of_the_papers_shifts(trained_pairs):
    """The listed distances are of 5,000 pairs of COCO, these are its first 500."""
    pairs = np.column_stack([np.arange(500)] * 2)
    listed = {
        "both": {-1: 1.4128, -0.5: 1.1731, 0: 0.8221, 0.25: 0.5998, 0.5: 0.3504},
        "images": {-1: 1.2879, -0.5: 1.1349, 0: 0.8221, 0.25: 0.5842, 0.5: 0.3178},
    }
    shifts = [float(shift) for shift in listed["both"]]
    curves, _ = shifted_recall_table(
        *trained_pairs, pairs, pairs[:, 0] >= 0, list(listed), shifts, [1], 10, 0
    )
    here = curves[curves["shift"] == 0].groupby("direction").value.unique()
    assert here["image_to_text"].tolist() == [0.552]
    assert here["text_to_image"].tolist() == [0.506]
    for moved, distances in listed.items():
        own = curves[curves.moved == moved].drop_duplicates("shift")
        found = own.set_index("shift").centre_distance
        assert found[0.0] == pytest.approx(0.8514, abs=1e-4)
        assert found.to_dict() == pytest.approx(distances, abs=0.04)
