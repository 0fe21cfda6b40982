"""Noise with a mean and correlated noise, against plain draws from its covariance."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from modality_gap.closing.choices import classification_task
from modality_gap.closing.general_noise import (
    GeneralNoise,
    general_noise_table,
    general_robustness,
    least_variance,
    within_margin,
)
from modality_gap.closing.two_class import centred_robustness, two_class_table, two_class_task

ALONG = np.array([0, 0.6, 0.8, 0, 0, 0])


def covariance(noise):
    d = len(noise.along)
    return (1 - noise.share) * np.eye(d) + noise.share * d * np.outer(noise.along, noise.along)


@pytest.mark.parametrize(("mean", "share"), [(0, 0.7), (2, 0), (-1, 0.3)])
def test_theory_equals_plain_draws_of_any_covariance(random, mean, share):
    """Every distance by itself, noise from NumPy's own multivariate normal."""
    texts, queries = random.normal(size=(2, 6)), random.normal(size=(12, 6))
    noise, deviation = GeneralNoise(mean * np.eye(6)[0], ALONG, share), 0.3
    expected = general_robustness(
        queries - texts.mean(axis=0), texts[0] - texts[1], noise, deviation
    )
    nearest, kept = cdist(queries, texts).argmin(axis=1), np.zeros(12)
    drawn = random.multivariate_normal(np.zeros(6), covariance(noise), size=(20000, 2))
    for both in deviation * (noise.mean + drawn - drawn.mean(axis=1, keepdims=True)):
        kept += cdist(queries, texts + both).argmin(axis=1) == nearest
    np.testing.assert_allclose(kept / 20000, expected, atol=4 * 0.5 / np.sqrt(20000))


def test_draws_have_the_covariance_and_the_mean(random):
    noise = GeneralNoise(np.arange(6.0), ALONG, 0.7)
    found = np.array([noise.draw(random, (2, 6)) for _ in range(40000)])
    np.testing.assert_allclose(found.mean(axis=1), np.tile(noise.mean, (40000, 1)), atol=1e-12)
    difference = found[:, 0] - found[:, 1]
    np.testing.assert_allclose(np.cov(difference.T), 2 * covariance(noise), atol=0.25)
    left, right = random.normal(size=(2, 3, 6))
    expected = np.einsum("ni,ij,nj->n", left, covariance(noise), right)
    np.testing.assert_allclose(noise.form(left, right), expected)


def test_plain_noise_is_the_theorems(random):
    seen, w = random.normal(size=(9, 6)), np.array([1.5, 0, 0, 0, 0, 0])
    plain = GeneralNoise(np.zeros(6), ALONG, 0)
    expected = centred_robustness(1.5, np.abs(seen[:, 0]), np.linalg.norm(seen, axis=1), 0.2)
    np.testing.assert_allclose(general_robustness(seen, w, plain, 0.2), expected)


def test_a_direction_of_equation_42_is_the_best_of_its_line(random):
    noise, direction = GeneralNoise(np.zeros(6), ALONG, 0.7), np.eye(6)[2]
    seen = random.normal(size=(9, 6)) + 2 * np.eye(6)[1]
    best = least_variance(seen, direction, noise)
    middle, c = seen.mean(axis=0), covariance(noise)
    steps = [middle - t * direction for t in np.linspace(best[2] - 1, best[2] + 1, 21)]
    assert int(np.argmin([y @ c @ y for y in steps])) == 10
    for alpha in (0.1, 0.5, 1):
        v = -alpha * best
        assert 2 * v @ c @ middle + v @ c @ v < 0
    alike = GeneralNoise(np.zeros(6), ALONG, 0)
    across = np.array([0, 0, 1.0, 0, 0, 0])
    assert least_variance(np.tile(2 * np.eye(6)[1], (3, 1)), across, alike) @ across == 0


def test_margins_that_the_mean_uses_up_are_left_out():
    seen, w = np.array([[1.0, 5], [0.1, 5], [-0.1, 5]]), np.array([2.0, 0])
    noise = GeneralNoise(np.array([2.0, 0]), np.array([0, 1.0]), 0)
    assert within_margin(seen, w, noise, 0.1).tolist() == [True, False, True]


def test_the_table_is_what_theory_says_and_moving_across_closes_nothing():
    task = two_class_task(32, 40, 0.6, 0.8, 0.5, 0)
    gap = np.zeros(32)
    gap[1] = 0.8
    table = general_noise_table(task, gap, [0, 0.5, 1], [0.05, 0.1], 1500, 0, 2, 0.5)
    assert list(table.noise.unique()) == ["with_mean", "correlated", "correlated_across"]
    assert np.abs(table.robustness - table.predicted).max() < 0.02
    for (noise, _), rows in table.groupby(["noise", "deviation"]):
        assert rows.predicted.is_monotonic_increasing
        apart = rows.distance_to_mean
        across = noise == "correlated_across"
        assert apart.is_monotonic_increasing if across else apart.is_monotonic_decreasing
    assert (table[table.noise == "with_mean"].queries <= 40).all()


def test_a_study_of_two_classes_has_them_where_it_asks():
    about = (8, 10, 0.6, 0.8, 0.5, [-1, 0, 1], [0.05], 20, 0)
    plain = two_class_table(*about)
    more = two_class_table(*about, {"mean": 1, "share": 0.5})
    assert more.iloc[: len(plain)].equals(plain)
    assert set(more.noise) - set(plain.noise) == {"with_mean", "correlated", "correlated_across"}
    assert not more[plain.columns].isna().any().any()


def test_a_class_task_without_queries_of_margin_has_no_rows(random):
    """All margins are used up: nothing to say of noise with such a mean."""
    texts = np.zeros((2, 4))
    texts[:, 0] = 0.1, -0.1
    queries = np.tile([0.01, 0.5, 0, 0], (3, 1))
    task = classification_task(queries, texts, np.zeros(3, dtype=int))
    found = general_noise_table(task, 0.5 * np.eye(4)[1], [0, 1], [0.1], 5, 0, 3, 0.5)
    assert "with_mean" not in set(found.noise)
