"""Ways to close the gap, each against what it is said to do."""

import numpy as np
import pytest
from conftest import two_clusters
from sklearn.covariance import LedoitWolf

from modality_gap.closing.mitigations import DIRECTIONS
from modality_gap.closing.projection import close_gap
from modality_gap.closing.ways import (
    MITIGATIONS,
    NAMES,
    Move,
    fit_mitigation,
    gap_dimensions,
)
from modality_gap.data.embeddings import normalize
from modality_gap.measures.gap import gap_vector
from modality_gap.measures.shift import shift_embeddings

FORTH = DIRECTIONS[0]


@pytest.fixture
def pair(random):
    return two_clusters(random)


def moved(name, x, y, direction=FORTH, kept_variance=None):
    image_move, text_move = fit_mitigation(name, x, y, direction, kept_variance)
    return image_move(x), text_move(y)


def test_none_is_nothing(pair):
    for before, after in zip(pair, moved("none", *pair), strict=True):
        np.testing.assert_array_equal(before, after)


def test_the_shift_is_that_along_the_raw_gap(pair):
    gap = gap_vector(*pair)
    length = np.linalg.norm(gap)
    expected = shift_embeddings(*pair, gap / length, length)
    for found, row in zip(moved("shift", *pair), expected, strict=True):
        np.testing.assert_allclose(found, row, atol=1e-12)


def test_the_projection_moves_what_is_retrieved(pair):
    x, y = pair
    forth, back = (moved("projection", x, y, direction, 0.8) for direction in DIRECTIONS)
    np.testing.assert_array_equal(forth[0], x)
    np.testing.assert_array_equal(back[1], y)
    np.testing.assert_allclose(forth[1], close_gap(x, y, 1, 0.8))
    np.testing.assert_allclose(back[0], close_gap(y, x, 1, 0.8))


def test_centring_takes_each_mean_away(pair):
    for before, after in zip(pair, moved("centring", *pair), strict=True):
        around = before - before.mean(axis=0)
        lengths = np.linalg.norm(around, axis=1, keepdims=True)
        np.testing.assert_allclose(after, around / lengths, atol=1e-12)


def test_the_rotation_finds_the_one_that_was_made(random, pair):
    x, _ = pair
    turn = np.linalg.qr(random.normal(size=(10, 10)))[0]
    images, texts = moved("rotation", x, x @ turn)
    np.testing.assert_allclose(texts, images, atol=1e-12)
    np.testing.assert_array_equal(images, x)


def test_realign_gives_texts_the_images_mean_and_total_variance(pair):
    images, texts = moved("realign", *pair)
    np.testing.assert_array_equal(images, pair[0])
    np.testing.assert_allclose(texts.mean(axis=0), images.mean(axis=0), atol=1e-12)
    assert texts.var(axis=0).sum() == pytest.approx(images.var(axis=0).sum())
    # A similarity: angles around the mean stay.
    around = [rows - rows.mean(axis=0) for rows in (texts, pair[1])]
    np.testing.assert_allclose(normalize(around[0]), normalize(around[1]), atol=1e-12)


def test_an_unknown_mitigation_is_named(pair):
    with pytest.raises(ValueError, match="'closing'.*expected one of none, shift"):
        fit_mitigation("closing", *pair, FORTH, None)


@pytest.mark.parametrize("name", MITIGATIONS)
def test_moves_keep_the_precision_that_came_in(pair, name):
    for move, rows in zip(fit_mitigation(name, *pair), pair, strict=True):
        found = move(rows.astype(np.float32))
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, move(rows), atol=1e-5)


def test_a_move_scales_turns_and_shifts():
    rows, turn = np.array([[1.0, 2.0]]), np.array([[0.0, 1.0], [-1.0, 0.0]])
    np.testing.assert_allclose(Move(np.array([1.0, 1.0]), 2.0, turn)(rows), [[-3.0, 3.0]])
    np.testing.assert_allclose(Move(np.zeros(2), unit=True)(2 * rows), rows / np.sqrt(5))
    # A row that becomes 0 has no direction.
    assert not Move(-rows[0], unit=True)(rows).any()


def test_standardization_gives_each_dimension_mean_zero_and_variance_one(pair):
    moves = fit_mitigation("standardization", *pair)
    for before, move, after in zip(pair, moves, moved("standardization", *pair), strict=True):
        scores = (before - before.mean(axis=0)) / before.std(axis=0)
        np.testing.assert_allclose(after, normalize(scores), atol=1e-12)
        assert move.unit
    # What rounding leaves of a dimension that does not vary is not blown up.
    rounded = 0.3 + 1e-8 * (np.arange(80) % 2)
    still = np.column_stack([pair[0], rounded, np.zeros(80)])
    assert not moved("standardization", still, still)[0][:, 10:].any()


def test_whitening_makes_the_shrunk_covariance_the_identity(pair):
    for rows, move in zip(pair, fit_mitigation("whitening", *pair), strict=True):
        covariance = LedoitWolf().fit(rows).covariance_
        np.testing.assert_allclose(move.matrix.T @ covariance @ move.matrix, np.eye(10), atol=1e-10)
        np.testing.assert_allclose(move.matrix, move.matrix.T, atol=1e-12)
        np.testing.assert_allclose(rows.mean(axis=0) @ move.matrix + move.offset, 0, atol=1e-12)
    # Fewer items than dimensions: no inverse, yet a way.
    few = moved("whitening", pair[0][:6], pair[1][:6])
    assert np.isfinite(few[0]).all()


def test_the_dimensions_of_the_gap_are_the_fewest_that_hold_more_than_half():
    images = np.array([[3.0, 2.0, 1.0, 0.0]] * 2)
    texts = np.ones_like(images)
    assert gap_dimensions(images + 1, texts).tolist() == [True, False, False, False]
    assert gap_dimensions(images + np.array([0, 1, 1, 1]), texts).tolist() == [
        True,
        True,
        False,
        False,
    ]
    assert not gap_dimensions(texts, texts).any()


def test_dimensions_of_the_gap_are_removed_or_levelled(pair):
    own = gap_dimensions(*pair)
    assert 0 < own.sum() < 10
    for before, after in zip(pair, moved("dimensions_removed", *pair), strict=True):
        assert not after[:, own].any()
        np.testing.assert_allclose(after[:, ~own], normalize(before * ~own)[:, ~own])
    images, texts = fit_mitigation("dimensions_levelled", *pair)
    gap = gap_vector(*pair)
    np.testing.assert_allclose(texts.offset - images.offset, np.where(own, gap, 0))


def test_c3_collapses_and_corrupts_texts_by_the_noise_of_pairs(random):
    """Of texts that are their images but for the gap and noise, the deviation is that noise's."""
    base = random.normal(size=(4000, 8))
    texts = base + 0.3 * random.normal(size=(4000, 8)) - 1
    images, noisy = fit_mitigation("collapse_and_corrupt", base + 1, texts)
    assert noisy.noise == pytest.approx(0.3, rel=0.02)
    assert images.noise == 0
    own = noisy(texts)
    np.testing.assert_array_equal(own, noisy(texts))
    centred = texts - texts.mean(axis=0)
    # Noise that knows nothing of a text stands across it, at √(d − 1) deviations of one dimension.
    tangents = np.tan(np.arccos(np.einsum("nd,nd->n", own, normalize(centred))))
    lengths = np.linalg.norm(centred, axis=1)
    far = lengths > 2
    assert np.sqrt((tangents[far] ** 2 * lengths[far] ** 2).mean() / 7) == pytest.approx(
        0.3, rel=0.1
    )


def test_ways_have_names_and_close_the_gap_that_they_are_fitted_to(pair):
    assert {*NAMES} <= {*MITIGATIONS}
    before = np.linalg.norm(gap_vector(*pair))
    for name in MITIGATIONS[1:]:
        images, texts = moved(name, *pair, kept_variance=0.5)
        left = np.linalg.norm(images.mean(axis=0) - texts.mean(axis=0))
        # A rotation and what is orthogonal to all items need not close it.
        assert left < (1 if name in ("rotation", "projection") else 0.7) * before, name
