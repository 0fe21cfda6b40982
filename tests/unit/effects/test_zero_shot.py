import numpy as np
import pytest

from modality_gap.data.embeddings import normalize
from modality_gap.effects.zero_shot import check_distinct, class_embeddings, zero_shot_accuracy


def brute_force(images, classes, labels, k):
    """Sort the classes of every image; without ties."""
    hits = []
    for image, label in zip(images, labels, strict=True):
        similarity = classes @ image
        order = sorted(range(len(classes)), key=lambda c: -similarity[c])
        hits.append(label in order[:k])
    return np.array(hits)


def test_accuracies_equal_brute_force(random):
    classes = normalize(random.normal(size=(8, 4)))
    labels = random.choice(8, 200, p=np.arange(1, 9) / 36)
    images = normalize(classes[labels] + 0.5 * random.normal(size=(200, 4)))
    found = zero_shot_accuracy(images, classes, labels)
    first = brute_force(images, classes, labels, 1)
    assert 0.3 < first.mean() < 0.9
    assert found == pytest.approx(
        {
            "top_1": first.mean(),
            "top_5": brute_force(images, classes, labels, 5).mean(),
            "mean_per_class": np.mean([first[labels == c].mean() for c in range(8)]),
            "largest_class": max(np.mean(labels == c) for c in range(8)),
        }
    )


def test_a_class_that_never_occurs_has_no_share_in_the_mean():
    axes = np.eye(3)
    found = zero_shot_accuracy(axes[[0, 0, 0, 1]], axes, np.array([0, 0, 2, 2]))
    assert found == {"top_1": 0.5, "mean_per_class": 0.5, "largest_class": 0.5}
    found = zero_shot_accuracy(axes[[0, 0, 0, 1]], axes, np.array([0, 0, 0, 2]))
    assert found == {"top_1": 0.75, "mean_per_class": 0.5, "largest_class": 0.75}


def test_classes_that_are_one_share_what_they_classify():
    """Two classes of one name: of a tie each order is as likely."""
    same = np.tile([[0.6, 0.8]], (3, 1))
    found = zero_shot_accuracy(same, same, np.array([0, 1, 2]), (1, 2, 3, 4))
    expected = {"top_1": 1 / 3, "top_2": 2 / 3, "top_3": 1, "mean_per_class": 1 / 3}
    assert found == pytest.approx(expected | {"largest_class": 1 / 3})
    axes = np.eye(3)
    found = zero_shot_accuracy(axes[[0, 0, 1]], axes[[0, 0, 1]], np.array([0, 1, 2]))
    assert found["top_1"] == pytest.approx((0.5 + 0.5 + 1) / 3)


def test_a_class_is_the_mean_of_its_prompts():
    prompts = np.array([[1.0, 0, 0], [0, 0, 1], [0, 1, 0], [0, 0.6, 0.8]])
    found = class_embeddings(prompts, np.array([1, 0, 1, 0]))
    np.testing.assert_allclose(found[1], np.array([1, 1, 0]) / np.sqrt(2))
    np.testing.assert_allclose(found[0], np.array([0, 0.6, 1.8]) / np.hypot(0.6, 1.8))


@pytest.mark.parametrize(("classes", "wrong"), [([0, 2, 2], 1), ([0, -1, 1], -1)])
def test_a_class_without_a_prompt_is_named(classes, wrong):
    with pytest.raises(ValueError, match=f"class {wrong}: expected classes from 0"):
        class_embeddings(np.eye(3), np.array(classes))


def test_prompts_that_cancel_out_are_refused():
    with pytest.raises(ValueError, match="row 1 is a zero vector"):
        class_embeddings(np.array([[1.0, 0], [0, 1], [0, -1]]), np.array([0, 1, 1]))


@pytest.mark.parametrize("labels", [[0, 2], [-1, 0]])
def test_a_label_without_a_class_is_refused(labels):
    with pytest.raises(ValueError, match="expected 0 to 1"):
        zero_shot_accuracy(np.eye(2), np.eye(2), np.array(labels))


def test_counts_that_differ_are_named():
    with pytest.raises(ValueError, match="2 images and 3 labels"):
        zero_shot_accuracy(np.eye(2), np.eye(2), np.array([0, 1, 1]))
    with pytest.raises(ValueError, match="2 prompts and 3 classes"):
        class_embeddings(np.eye(2), np.array([0, 1, 1]))


def test_classes_of_one_embedding_are_named():
    with pytest.raises(ValueError, match="classes 'a' and 'c' have the same embedding"):
        check_distinct(np.eye(3)[[0, 1, 0]], ["a", "b", "c"])
    check_distinct(np.eye(3), ["a", "b", "c"])
