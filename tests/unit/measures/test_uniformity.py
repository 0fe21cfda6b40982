import math

import numpy as np
import pytest
from scipy.linalg import sqrtm
from scipy.spatial.distance import pdist
from scipy.special import ive
from scipy.stats import ortho_group

from modality_gap.data.embeddings import normalize
from modality_gap.measures import uniformity as module
from modality_gap.measures.uniformity import alignment, gaussian_uniformity, uniformity


def brute_gaussian_uniformity(images, texts):
    """−W₂ of any two Gaussians, by matrix square roots, in float64."""
    rows = np.vstack([images, texts]).astype(np.float64)
    covariance = np.cov(rows.T, bias=True)
    ideal = np.eye(rows.shape[1]) / rows.shape[1]
    between = sqrtm(sqrtm(ideal) @ covariance @ sqrtm(ideal)).real
    squared = (rows.mean(axis=0) ** 2).sum() + np.trace(covariance + ideal - 2 * between)
    return -math.sqrt(squared)


def circle(number):
    angles = 2 * np.pi * np.arange(number) / number
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def test_gaussian_uniformity_of_real_embeddings_equals_brute_force(real_pairs):
    expected = brute_gaussian_uniformity(*real_pairs)
    assert gaussian_uniformity(*real_pairs) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("n", "m"), [(40, 40), (40, 7), (2, 3)])
def test_gaussian_uniformity_equals_brute_force(random, n, m):
    images, texts = normalize(random.normal(size=(n, 6)) + 1), normalize(random.normal(size=(m, 6)))
    expected = brute_gaussian_uniformity(images, texts)
    assert gaussian_uniformity(images, texts) == pytest.approx(expected, abs=1e-6)


def test_an_even_circle_and_a_cross_are_ideal():
    rows = circle(12)
    assert gaussian_uniformity(rows[::2], rows[1::2]) == pytest.approx(0, abs=1e-12)
    cross = np.eye(7)
    assert gaussian_uniformity(cross, -cross) == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("width", [2, 5, 100])
def test_two_opposite_points_and_one_point(width):
    """Σ = diag(1, 0, …), μ = 0; and Σ = 0, ‖μ‖ = 1."""
    pole = np.eye(width)[:1]
    expected = -math.sqrt(2 - 2 / math.sqrt(width))
    assert gaussian_uniformity(pole, -pole) == pytest.approx(expected, abs=1e-12)
    assert gaussian_uniformity(pole, pole) == pytest.approx(-math.sqrt(2), abs=1e-12)


def test_rotations_and_copies_of_all_rows_change_nothing(random):
    images, texts = (normalize(random.normal(size=(9, 6)) + mean) for mean in (0.5, -0.3))
    found = gaussian_uniformity(images, texts)
    rotation = ortho_group.rvs(6, random_state=random)
    assert gaussian_uniformity(images @ rotation, texts @ rotation) == pytest.approx(found)
    copies = (np.repeat(rows, 3, axis=0) for rows in (images, texts))
    assert gaussian_uniformity(*copies) == pytest.approx(found, abs=1e-12)


def test_alignment_equals_brute_force(real_pairs):
    expected = np.mean([((a - b) ** 2).sum() for a, b in zip(*real_pairs, strict=True)])
    assert alignment(*real_pairs) == pytest.approx(expected, abs=1e-6)


def test_alignment_of_equal_and_of_opposite_pairs():
    rows = circle(5)
    assert alignment(rows, rows) == 0
    assert alignment(rows, -rows) == pytest.approx(4)


def brute_uniformity(embeddings):
    return math.log(np.exp(-2 * pdist(embeddings.astype(np.float64)) ** 2).mean())


def test_uniformity_of_real_embeddings_equals_brute_force(real_pairs):
    for rows in real_pairs:
        assert uniformity(rows) == pytest.approx(brute_uniformity(rows), abs=1e-6)


@pytest.mark.parametrize("block", [1, 7, 1024])
def test_blocks_cover_every_pair_once(random, monkeypatch, block):
    monkeypatch.setattr(module, "ROWS_AT_A_TIME", block)
    rows = normalize(random.normal(size=(30, 3)) + 0.4)
    assert uniformity(rows) == pytest.approx(brute_uniformity(rows), abs=1e-12)


def test_uniformity_of_a_circle():
    """The mean of exp(−2(2 − 2 cos θ)) over the circle is e⁻⁴ I₀(4); k rows leave out their own."""
    expected = math.log((40 * ive(0, 4) - 1) / 39)
    assert uniformity(circle(40)) == pytest.approx(expected, abs=1e-12)


def test_the_ends_of_uniformity():
    pole = np.array([[1.0, 0]])
    assert uniformity(np.vstack([pole, pole, pole])) == 0
    assert uniformity(np.vstack([pole, -pole])) == pytest.approx(-8)
    with pytest.raises(ValueError, match="at least 2"):
        uniformity(pole)
