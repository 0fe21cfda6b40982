"""Zero-shot classification: each image gets the class whose text is the most similar."""

import numpy as np

from modality_gap.data.embeddings import check_embeddings, check_pair, first_equal_rows, normalize
from modality_gap.measures.retrieval import best_ranks, hits


def class_embeddings(prompts: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Each class's mean prompt, scaled to unit length: CLIP's ensemble; shape (c, d).

    prompts: shape (p, d), rows of unit length; classes: the class of each, from 0, shape (p,).
    Raises ValueError for a class without a prompt, or with prompts that cancel out.
    """
    check_embeddings(prompts, "prompts")
    if len(classes) != len(prompts):
        raise ValueError(f"{len(prompts)} prompts and {len(classes)} classes, expected as many")
    number = int(np.max(classes)) + 1
    wrong = np.setxor1d(np.arange(number), classes)
    if len(wrong):
        raise ValueError(f"class {wrong[0]}: expected classes from 0, each with a prompt")
    sums = np.zeros((number, prompts.shape[1]), dtype=prompts.dtype)
    np.add.at(sums, classes, prompts)
    check_embeddings(sums, "sums of each class's prompts")
    return normalize(sums)


def check_distinct(classes: np.ndarray, names: list[str]) -> None:
    """Raise ValueError where the prompts of two classes embed as one: no image is told apart by them.

    classes: shape (c, d), of the names.
    """
    first = first_equal_rows(classes)
    same = np.flatnonzero(first < np.arange(len(first)))
    if len(same):
        raise ValueError(
            f"classes {names[first[same[0]]]!r} and {names[same[0]]!r} have the same embedding, "
            "expected prompts that differ"
        )


def zero_shot_accuracy(
    images: np.ndarray, classes: np.ndarray, labels: np.ndarray, ks: tuple[int, ...] = (1, 5)
) -> dict[str, float]:
    """Accuracies of the most similar class, by name: top_1, top_5, mean_per_class, largest_class.

    top_k: the share of images with their class among the k most similar, of a tie the expectation
    over its order (`retrieval.hits`); a k above the number of classes is left out. mean_per_class: top_1 averaged over the
    classes that occur. largest_class: the share of the most frequent class, which always saying
    it would reach. images, classes: shape (n, d) and (c, d), rows of unit length; labels: the
    class row of each image, shape (n,).
    """
    check_pair(images, classes)
    if len(labels) != len(images):
        raise ValueError(f"{len(images)} images and {len(labels)} labels, expected as many")
    if np.min(labels) < 0 or np.max(labels) >= len(classes):
        raise ValueError(
            f"labels from {np.min(labels)} to {np.max(labels)}, expected 0 to {len(classes) - 1}"
        )
    ranks = best_ranks(images, classes, np.column_stack([np.arange(len(images)), labels]))
    return {
        **{f"top_{k}": float(hits(ranks, k).mean()) for k in ks if k <= len(classes)},
        "mean_per_class": mean_per_class(hits(ranks, 1), labels),
        "largest_class": float(np.unique(labels, return_counts=True)[1].max() / len(labels)),
    }


def mean_per_class(correct: np.ndarray, labels: np.ndarray) -> float:
    """Accuracy averaged over the classes that occur, whatever their sizes.

    correct: from 0 to 1, or bool, shape (n,); labels: the class of each, of any kind, shape (n,).
    """
    _, members = np.unique(labels, return_inverse=True)
    return float((np.bincount(members, weights=correct) / np.bincount(members)).mean())
