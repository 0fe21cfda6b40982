import numpy as np
import pytest

from modality_gap.closing.projection import close_gap, move_along, orthogonal_gap, principal_axes
from modality_gap.data.embeddings import normalize
from modality_gap.measures.gap import gap_vector, modality_gap


def modalities(random, n, m, d):
    """Two cones on the sphere, with texts that do not span the space unless m > d."""
    return (normalize(random.normal(size=(k, d)) + shift) for k, shift in ((n, 0.6), (m, -0.3)))


def nearest(queries, items):
    """Rows of the nearest items by Euclidean distance, one difference at a time."""
    return np.array([np.square(items - query).sum(axis=1).argmin() for query in queries])


@pytest.mark.parametrize("seed", range(12))
def test_no_nearest_neighbour_changes_along_the_orthogonal_gap(seed):
    """chowers2026, Theorem 3.5."""
    random = np.random.default_rng(seed)
    d = int(random.integers(3, 40))
    m = int(random.integers(2, d))
    images, texts = modalities(random, 60, m, d)
    gap = orthogonal_gap(images, texts)
    assert (gap.components, gap.kept_length > 0) == (m - 1, True)
    as_it_is = nearest(images, texts)
    for alpha in (-20, -1, 0.5, 1, 3, 20):
        np.testing.assert_array_equal(
            nearest(images, move_along(texts, gap.vector, alpha)), as_it_is
        )


def test_nearest_neighbours_do_change_along_the_whole_gap(random):
    images, texts = modalities(random, 60, 10, 20)
    whole = orthogonal_gap(images, texts, kept_variance=0)
    np.testing.assert_allclose(whole.vector, gap_vector(images, texts))
    assert (nearest(images, texts) != nearest(images, texts + 3 * whole.vector)).any()


@pytest.mark.parametrize("threshold", [{}, {"kept_variance": 0.7}])
def test_it_is_the_gap_without_its_part_in_the_directions(random, threshold):
    """Least squares against the same components, from the covariance's eigenvectors."""
    images, texts = modalities(random, 50, 12, 20)
    gap = orthogonal_gap(images, texts, **threshold)
    _, directions = np.linalg.eigh(np.cov(texts.T))
    basis = directions[:, ::-1][:, : gap.components]
    g = gap_vector(images, texts)
    expected = g - basis @ np.linalg.lstsq(basis, g, rcond=None)[0]
    np.testing.assert_allclose(gap.vector, expected, atol=1e-12)
    assert gap.kept_length == pytest.approx(np.linalg.norm(expected) / np.linalg.norm(g))
    cosine = gap.vector @ g / np.linalg.norm(gap.vector) / np.linalg.norm(g)
    assert gap.cosine == pytest.approx(cosine)


def test_thresholds_count_components_as_they_say(random):
    texts = random.normal(size=(200, 6)) * [8, 4, 2, 1, 0.5, 0.1] + 5
    images = texts[:50] - 9
    values = principal_axes(texts).values
    shares = np.cumsum(values**2) / np.sum(values**2)
    for k in range(1, 6):
        below, above = shares[k - 1] - 1e-9, shares[k - 1] + 1e-9
        assert orthogonal_gap(images, texts, kept_variance=below).components == k
        assert orthogonal_gap(images, texts, kept_variance=above).components == k + 1
        ratio = values[k] / values[0]
        above, below = ratio * (1 - 1e-9), ratio * (1 + 1e-9)
        assert orthogonal_gap(images, texts, relative_singular_value=above).components == k + 1
        assert orthogonal_gap(images, texts, relative_singular_value=below).components == k
    assert orthogonal_gap(images, texts, kept_variance=1).components == 6
    assert orthogonal_gap(images, texts, relative_singular_value=0).components == 6
    assert orthogonal_gap(images, texts, relative_singular_value=1).components == 0


def test_nothing_is_left_where_texts_span_the_space(random):
    images, texts = modalities(random, 50, 40, 8)
    gap = orthogonal_gap(images, texts)
    assert (gap.components, gap.kept_length) == (8, 0)
    np.testing.assert_array_equal(gap.vector, np.zeros(8))


def test_components_are_of_centred_texts(random):
    """A mean far from the origin is no component."""
    texts = np.column_stack([random.normal(size=(30, 2)), np.full(30, 100.0)])
    images = texts + np.array([0, 0, 7])
    gap = orthogonal_gap(images, texts)
    assert gap.components == 2
    np.testing.assert_allclose(gap.vector, [0, 0, 7], atol=1e-9)


def test_single_precision_keeps_single_precision_ranks(random):
    images, texts = (x.astype(np.float32) for x in modalities(random, 60, 30, 64))
    gap = orthogonal_gap(images, texts)
    assert (gap.components, gap.vector.dtype) == (29, np.float64)
    centred = texts - texts.mean(axis=0, dtype=np.float64)
    assert np.abs(centred @ gap.vector).max() < 1e-12


def test_closing_leaves_what_is_not_orthogonal(random):
    images, texts = modalities(random, 60, 10, 20)
    gap, whole = orthogonal_gap(images, texts), modality_gap(images, texts)
    moved = close_gap(images, texts)
    np.testing.assert_allclose(moved, texts + gap.vector)
    left = whole * np.sqrt(1 - gap.kept_length**2)
    assert np.linalg.norm(images.mean(axis=0) - moved.mean(axis=0)) == pytest.approx(left)
    np.testing.assert_array_equal(close_gap(images, texts, alpha=0), texts)


def test_closing_clip_changes_no_neighbour(trained_pairs):
    images, texts = (x.astype(np.float64) for x in trained_pairs)
    moved = close_gap(images, texts)
    np.testing.assert_array_equal(nearest(images, moved), nearest(images, texts))
    assert np.linalg.norm(images.mean(axis=0) - moved.mean(axis=0)) < modality_gap(images, texts)


@pytest.mark.parametrize(
    ("threshold", "words"),
    [
        ({"kept_variance": 0.5, "relative_singular_value": 0.5}, "at most one"),
        ({"kept_variance": 1.5}, r"share in \[0, 1\]"),
        ({"relative_singular_value": -0.1}, r"share in \[0, 1\]"),
    ],
)
def test_thresholds_that_are_none_are_named(random, threshold, words):
    with pytest.raises(ValueError, match=words):
        orthogonal_gap(*modalities(random, 5, 4, 6), **threshold)


def test_no_gap_is_named():
    with pytest.raises(ValueError, match="no gap to close"):
        orthogonal_gap(np.eye(4), np.eye(4))


def test_a_user_is_told_why_nothing_would_move(random):
    images, texts = (normalize(random.normal(size=(n, 6)) + s) for n, s in ((20, 1), (30, -1)))
    with pytest.raises(ValueError, match="the texts span the space.*kept_variance=0.95"):
        close_gap(images, texts)
    assert close_gap(images.tolist(), texts.tolist(), kept_variance=0.5).shape == (30, 6)
    with pytest.raises(ValueError, match="texts: expected rows of unit length"):
        close_gap(images, 3 * texts, kept_variance=0.5)
