import numpy as np
import pytest
from scipy.stats import ttest_1samp

from modality_gap.data.embeddings import UndefinedError
from modality_gap.measures import gap
from modality_gap.measures.gap import (
    gap_cosines,
    gap_interval,
    gap_measures,
    mean_cosine,
    modality_gap,
    pair_margins,
    relative_modality_gap,
    undefined_measures,
)
from modality_gap.origin.contrastive_loss import matched_margins


def brute_margins(x, y):
    """Each pair's own cosine less the best of its row and column, one comparison at a time."""
    cosines = x @ y.T
    return [
        min(
            cosines[i, i] - other
            for j in range(len(x))
            if j != i
            for other in (cosines[i, j], cosines[j, i])
        )
        for i in range(len(x))
    ]


def brute_force(images, texts):
    """Every measure pair by pair, in float64."""
    x, y = images.astype(np.float64), texts.astype(np.float64)
    n = len(x)
    margins = brute_margins(x, y)
    different = ~np.eye(n, dtype=bool)
    matched = ((1 - (x * y).sum(axis=1)) / 2).mean()
    spread_x = ((1 - x @ x.T) / 2)[different].mean()
    spread_y = ((1 - y @ y.T) / 2)[different].mean()
    gap = x.mean(axis=0) - y.mean(axis=0)
    ends = ttest_1samp((x - y) @ gap / np.linalg.norm(gap), 0).confidence_interval(0.95)
    return {
        "modality_gap_low": ends.low,
        "modality_gap_high": ends.high,
        "modality_gap": np.sqrt(((x.sum(axis=0) / n - y.sum(axis=0) / n) ** 2).sum()),
        "matched_distance": np.mean([np.linalg.norm(a - b) for a, b in zip(x, y, strict=True)]),
        "relative_modality_gap": matched / (matched + (spread_x + spread_y) / 2),
        "matched_cosine": np.mean([a @ b for a, b in zip(x, y, strict=True)]),
        "margin": min(margins),
        "matched_share": np.mean([margin > 0 for margin in margins]),
        "image_centre_length": np.linalg.norm(x.mean(axis=0)),
        "text_centre_length": np.linalg.norm(y.mean(axis=0)),
    }


def test_every_measure_equals_brute_force(real_pairs):
    measures = gap_measures(*real_pairs)
    assert measures == pytest.approx(brute_force(*real_pairs), abs=1e-6)
    assert undefined_measures(measures) == []


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


def test_margins_in_blocks_are_those_of_the_whole_matrix(real_pairs, monkeypatch):
    images, texts = (rows.astype(np.float64) for rows in real_pairs)
    expected = matched_margins(images @ texts.T)
    for rows in (1024, 500, 7):
        monkeypatch.setattr(gap, "ROWS_AT_A_TIME", rows)
        np.testing.assert_allclose(pair_margins(images, texts), expected, atol=1e-12)


def test_pairs_with_one_text_are_no_rivals(random):
    rows = random.normal(size=(2, 9, 4))
    images, texts = rows / np.linalg.norm(rows, axis=2, keepdims=True)
    ids = np.array([0, 1, 0, 2, 3, 3, 3, 4, 5])
    texts = texts[ids]
    cosines = images @ texts.T
    for pair, found in enumerate(pair_margins(images, texts, ids)):
        others = [j for j in range(9) if ids[j] != ids[pair]]
        rivals = max(cosines[pair, others].max(), cosines[others, pair].max())
        assert found == pytest.approx(cosines[pair, pair] - rivals)
    assert (pair_margins(images, texts)[[0, 2, 4, 5, 6]] <= 0).all()
    assert np.isnan(pair_margins(images, texts, np.zeros(9))).all()


def test_pairs_with_one_image_are_no_rivals(random):
    """As an image with several captions, whose pairs are all taken."""
    rows = random.normal(size=(2, 6, 4))
    images, texts = rows / np.linalg.norm(rows, axis=2, keepdims=True)
    image_ids, text_ids = np.array([0, 0, 1, 2, 3, 3]), np.array([0, 1, 1, 2, 3, 4])
    cosines = images[image_ids] @ texts[text_ids].T
    found = pair_margins(images[image_ids], texts[text_ids], text_ids, image_ids)
    for pair in range(6):
        others = (image_ids != image_ids[pair]) & (text_ids != text_ids[pair])
        rivals = max(cosines[pair, others].max(), cosines[others, pair].max())
        assert found[pair] == pytest.approx(cosines[pair, pair] - rivals)


def test_what_few_or_equal_pairs_do_not_define_is_said():
    one, other = np.array([[1.0, 0]]), np.array([[0, 1.0]])
    measures = gap_measures(one, other)
    assert measures["modality_gap"] == pytest.approx(np.sqrt(2))
    assert np.isnan([measures[name] for name in ("relative_modality_gap", "margin")]).all()
    assert np.isnan(measures["matched_share"])
    assert [reason.partition(":")[0] for reason in undefined_measures(measures)] == [
        "no margin",
        "no relative modality gap",
    ]
    pole = np.tile(one, (3, 1))
    measures = gap_measures(pole, pole, np.arange(3))
    assert (measures["modality_gap"], measures["margin"]) == (0, 0)
    assert undefined_measures(measures)[0].startswith("no relative modality gap")
    measures = gap_measures(pole, -pole)
    assert measures["relative_modality_gap"] == 1
    assert undefined_measures(measures) == []
    with pytest.raises(UndefinedError, match="the modality gap is zero"):
        gap_cosines(pole, pole)


def test_captions_of_one_image_are_no_rivals(random):
    """Every pair of image and caption: images and texts both occur several times."""
    images, texts = (
        rows / np.linalg.norm(rows, axis=1, keepdims=True)
        for rows in (random.normal(size=(4, 3)), random.normal(size=(6, 3)))
    )
    pairs = np.array([(0, 0), (0, 1), (1, 1), (1, 2), (2, 3), (2, 4), (3, 5)])
    together = set(map(tuple, pairs.tolist()))
    x, y = images[pairs[:, 0]], texts[pairs[:, 1]]
    cosines = images @ texts.T
    for (image, text), found in zip(pairs, pair_margins(x, y, *pairs.T[::-1]), strict=True):
        rivals = [cosines[image, t] for t in range(6) if (image, t) not in together]
        rivals += [cosines[i, text] for i in range(4) if (i, text) not in together]
        assert found == pytest.approx(cosines[image, text] - max(rivals))
    spread = 1 - (images @ images.T)[np.triu_indices(4, 1)].mean()
    spread += 1 - (y @ y.T)[np.triu_indices(7, 1)].mean()
    apart = 1 - np.einsum("nd,nd->n", x, y).mean()
    measures = gap_measures(x, y, *pairs.T[::-1])
    assert measures["relative_modality_gap"] == pytest.approx(apart / (apart + spread / 2))
    everything = np.array([(0, 0), (0, 1), (1, 0), (1, 1)])
    own = images[everything[:, 0]], texts[everything[:, 1]]
    assert np.isnan(pair_margins(*own, *everything.T[::-1])).all()


def test_the_cosine_with_the_gap_is_that_of_each_vector(real_pairs):
    found = gap_cosines(*real_pairs)
    x, y = (rows.astype(np.float64) for rows in real_pairs)
    direction = x.mean(axis=0) - y.mean(axis=0)
    for name, rows in (("image", x), ("text", y)):
        for row in (0, 17, 499):
            around = rows[row] - rows.mean(axis=0)
            expected = around @ direction / np.linalg.norm(around) / np.linalg.norm(direction)
            assert found[name][row] == pytest.approx(expected, abs=1e-6)


def test_a_gap_across_the_plane_of_the_items_is_orthogonal():
    """Two parallel circles: what chowers2026 assumes, exactly."""
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    circle = 0.8 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    images, texts = (np.column_stack([circle, np.full(12, height)]) for height in (0.6, -0.6))
    for cosines in gap_cosines(images, texts).values():
        np.testing.assert_allclose(cosines, 0, atol=1e-12)


def test_no_gap_has_no_direction():
    pole = np.tile([[1.0, 0.0]], (3, 1))
    with pytest.raises(ValueError, match="no direction"):
        gap_cosines(pole, pole)


def test_the_interval_of_the_gap_is_that_of_a_bootstrap_over_images(random):
    """Two captions an image: pairs of one image are drawn together."""
    images = normalized(random, (60, 8), 0.7).repeat(2, axis=0)
    texts, ids = normalized(random, (120, 8), -0.3), np.arange(60).repeat(2)
    drawn = random.integers(0, 60, size=(4000, 60))
    differences = (images - texts).reshape(60, 2, 8).sum(axis=1) / 2
    lengths = np.linalg.norm(differences[drawn].mean(axis=1), axis=1)
    low, high = gap_interval(images, texts, ids)
    np.testing.assert_allclose((low + high) / 2, modality_gap(images, texts), rtol=1e-6)
    # Of 60 images Student's t is 2% wider than the normal distribution, Bessel's correction 1%.
    np.testing.assert_allclose((high - low) / 2, 2 * lengths.std(), rtol=0.05)
    # Rows of one image taken for independent ones would promise too much.
    assert np.subtract(*gap_interval(images, texts)[::-1]) < 0.95 * (high - low)


def test_an_interval_that_nothing_tells_is_unknown(random):
    images, texts = normalized(random, (3, 4), 1), normalized(random, (3, 4), -1)
    assert np.isnan(gap_interval(images, texts, np.zeros(3))).all()
    assert gap_interval(images, images)[0] == 0


def normalized(random, shape, side):
    """Rows of unit length around a point beside the origin."""
    rows = random.normal(size=shape) + side
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
