import numpy as np
import pytest

from modality_gap.gap import gap_measures, mean_cosine, modality_gap, relative_modality_gap


def brute_force(images, texts):
    """Every measure pair by pair, in float64."""
    x, y = images.astype(np.float64), texts.astype(np.float64)
    n = len(x)
    different = ~np.eye(n, dtype=bool)
    matched = ((1 - (x * y).sum(axis=1)) / 2).mean()
    spread_x = ((1 - x @ x.T) / 2)[different].mean()
    spread_y = ((1 - y @ y.T) / 2)[different].mean()
    return {
        "modality_gap": np.sqrt(((x.sum(axis=0) / n - y.sum(axis=0) / n) ** 2).sum()),
        "matched_distance": np.mean([np.linalg.norm(a - b) for a, b in zip(x, y, strict=True)]),
        "relative_modality_gap": matched / (matched + (spread_x + spread_y) / 2),
        "matched_cosine": np.mean([a @ b for a, b in zip(x, y, strict=True)]),
        "image_centre_length": np.linalg.norm(x.mean(axis=0)),
        "text_centre_length": np.linalg.norm(y.mean(axis=0)),
    }


def test_every_measure_equals_brute_force(real_pairs):
    assert gap_measures(*real_pairs) == pytest.approx(brute_force(*real_pairs), abs=1e-6)


def test_the_known_values_of_clip(trained_pairs):
    """Published features of ViT-B/16 on 500 COCO pairs: the values that were measured on them."""
    images, texts = trained_pairs
    measures = gap_measures(images, texts)
    assert measures["modality_gap"] == pytest.approx(0.8514, abs=5e-5)
    assert measures["matched_distance"] == pytest.approx(1.1745, abs=5e-5)
    assert measures["relative_modality_gap"] == pytest.approx(0.5915, abs=5e-5)
    assert mean_cosine(images) == pytest.approx(0.5315, abs=5e-5)
    assert mean_cosine(texts) == pytest.approx(0.5152, abs=5e-5)


def test_opposite_poles_are_two_apart():
    pole = np.tile([[1.0, 0.0]], (3, 1))
    assert modality_gap(pole, -pole) == 2
    assert relative_modality_gap(pole, -pole) == 1


def test_one_point_has_no_relative_gap():
    pole = np.tile([[1.0, 0.0]], (3, 1))
    assert modality_gap(pole, pole) == 0
    with pytest.raises(ValueError, match="RMG is not defined"):
        relative_modality_gap(pole, pole)
