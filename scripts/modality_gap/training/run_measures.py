"""What a finished training run is judged by."""

import numpy as np
import pandas as pd

from modality_gap.data.embeddings import matched_pairs
from modality_gap.effects.linear_probe import linear_probe_accuracy
from modality_gap.effects.pair_matching import ALL, pair_matching_table
from modality_gap.effects.zero_shot import class_embeddings, zero_shot_accuracy
from modality_gap.measures.gap import matched_distance, matched_share, modality_gap, pair_margins
from modality_gap.measures.retrieval import recall_at_k
from modality_gap.measures.uniformity import alignment, gaussian_uniformity, uniformity


def run_measures(
    images: np.ndarray,
    texts: np.ndarray,
    pairs: np.ndarray,
    matched_captions: np.ndarray,
    pool: int,
    draws: int,
    seed: int,
    ks: list[int],
) -> pd.DataFrame:
    """Gap, uniformity and retrieval of one split; columns measure, value (yaras2024, App. E.2-3).

    images, texts: shape (n, d) and (m, d), rows of unit length, each distinct text once. pairs:
    every (image row, text row) that belong together, shape (p, 2); matched_captions: which of them
    are matched pairs, bool, shape (p,). Gap and uniformity are of the matched pairs, recalls of all.
    Those with `pool` in their name are of that many random matched pairs (of all where there are
    fewer), averaged over the draws.
    """
    matched = matched_pairs(pairs, matched_captions)
    x, y = images[matched[:, 0]], texts[matched[:, 1]]
    measures = {
        "modality_gap": modality_gap(x, y),
        "matched_distance": matched_distance(x, y),
        "gaussian_uniformity": gaussian_uniformity(x, y),
        "alignment": alignment(x, y),
        "uniformity_images": uniformity(images[np.unique(matched[:, 0])]),
        "uniformity_texts": uniformity(y),
        "matched_share": matched_share(pair_margins(x, y, *matched.T[::-1])),
        **named_recalls("recall", images, texts, pairs, ks),
    }
    random = np.random.default_rng(seed)
    drawn = []
    for _ in range(draws):
        rows = np.sort(random.choice(len(matched), min(pool, len(matched)), replace=False))
        drawn.append(pool_measures(images, texts, pairs, matched[rows], ks))
    return tidy(measures | pd.DataFrame(drawn).mean().to_dict())


def pool_measures(
    images: np.ndarray, texts: np.ndarray, pairs: np.ndarray, chosen: np.ndarray, ks: list[int]
) -> dict[str, float]:
    """Gap, uniformity and recalls among the chosen pairs alone, by name.

    chosen: some of the matched pairs, ordered by image, shape (k, 2). Whatever belongs together
    does so in the pool: a text of several images matches each of them, and none is its rival.
    """
    image_rows, text_rows = np.unique(chosen[:, 0]), np.unique(chosen[:, 1])
    x, y = images[chosen[:, 0]], texts[chosen[:, 1]]
    inside = np.isin(pairs[:, 0], image_rows) & np.isin(pairs[:, 1], text_rows)
    own = np.column_stack(
        [
            np.searchsorted(image_rows, pairs[inside, 0]),
            np.searchsorted(text_rows, pairs[inside, 1]),
        ]
    )
    return {
        "modality_gap_pool": modality_gap(x, y),
        "gaussian_uniformity_pool": gaussian_uniformity(x, y),
        **named_recalls("recall_pool", images[image_rows], texts[text_rows], own, ks),
    }


def named_recalls(
    name: str, images: np.ndarray, texts: np.ndarray, pairs: np.ndarray, ks: list[int]
) -> dict[str, float]:
    """Recalls of `recall_at_k`, by names such as `recall@1_image_to_text`."""
    recalls = recall_at_k(images, texts, pairs, ks)
    return {f"{name}@{k}_{direction}": value for (direction, k), value in recalls.items()}


def class_measures(
    images: np.ndarray,
    labels: np.ndarray,
    prompts: np.ndarray,
    prompt_classes: np.ndarray,
    train_images: np.ndarray,
    train_labels: np.ndarray,
    regularization: float,
) -> pd.DataFrame:
    """Zero-shot and linear-probe accuracy; columns measure, value (yaras2024, App. E.3).

    images, prompts, train_images: shape (n, d), (p, d) and (k, d), rows of unit length; labels,
    prompt_classes, train_labels: the class of each, from 0. regularization: C of the probe.
    """
    classes = class_embeddings(prompts, prompt_classes)
    zero_shot = zero_shot_accuracy(images, classes, labels)
    largest = zero_shot.pop("largest_class")
    probe = linear_probe_accuracy(train_images, train_labels, images, labels, regularization)
    return tidy(
        {f"zero_shot_{name}": value for name, value in zero_shot.items()}
        | {"largest_class": largest, "linear_probe": probe["accuracy"]}
    )


def pair_measures(images: np.ndarray, texts: np.ndarray, patterns: list[str]) -> pd.DataFrame:
    """Share of pairs with both choices right, mean over patterns; columns measure, value (Table 1).

    images, texts, patterns: as in `pair_matching_table`.
    """
    table = pair_matching_table(images, texts, patterns, ["both"], [0])
    shares = table[table.pattern != ALL].groupby("direction", sort=False).share.mean()
    return tidy({f"pair_matching_{direction}": share for direction, share in shares.items()})


def tidy(measures: dict[str, float]) -> pd.DataFrame:
    """A row a measure: columns measure, value."""
    return pd.DataFrame(measures.items(), columns=["measure", "value"])
