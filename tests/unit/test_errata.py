"""What docs/errata.md says of the papers, computed."""

import numpy as np
import pytest
from conftest import ROOT, read_real
from scipy.optimize import approx_fprime
from scipy.stats import chi2_contingency, norm

from modality_gap.origin.loss_geometry import shared_caption_loss
from modality_gap.origin.sphere import loss_minima, sphere_landscape

PAGE = (ROOT / "docs/errata.md").read_text()


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def test_every_entry_has_its_number():
    numbers = [int(line.split(".")[0]) for line in PAGE.splitlines() if line[:1].isdigit()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_1_the_distance_is_squared(random):
    x, y = unit(random.normal(size=(2, 5)))
    assert ((x - y) ** 2).sum() == pytest.approx(2 * (1 - x @ y))
    assert np.linalg.norm(x - y) != pytest.approx(2 * (1 - x @ y))


def test_2_accuracy_on_fairface():
    assert round(6372 / 10_954, 4) == 0.5817
    assert round((6372 - 6287) / 10_954, 4) == 0.0078


def test_4_east_asian():
    assert round(100 * 10 / 1550, 1) == 0.6


def test_5_only_the_second_baseline_gives_the_p_value():
    def p(before, after):
        right = np.round(np.array([before, after]) * 27_000)
        return chi2_contingency(np.array([right, 27_000 - right]), correction=False).pvalue

    assert p(0.5494, 0.5686) == pytest.approx(7.0e-6, rel=0.05)
    assert p(0.5410, 0.5645) == pytest.approx(4e-8, rel=0.2)


def test_10_the_distribution_of_a_magnitude(random):
    z = 0.3
    share = (np.abs(random.normal(size=200_000)) <= z).mean()
    assert share == pytest.approx(2 * norm.cdf(z) - 1, abs=0.005)


def test_14_the_counts_of_405_do_not_differ():
    right = np.array([58, 48, 57, 60, 57, 58, 53])
    assert chi2_contingency([right, 405 - right]).pvalue == pytest.approx(0.91, abs=0.005)
    assert (right / 405 < 0.25).all()


def test_16_features_of_a_random_network_are_not_even():
    images, texts = read_real("coco500_clip_random")
    gap = np.linalg.norm(images.mean(axis=0) - texts.mean(axis=0))
    assert gap == pytest.approx(1.14, abs=0.005)
    for rows, cosine in ((images, 0.68), (texts, 0.66)):
        number = len(rows)
        found = ((rows.sum(axis=0) ** 2).sum() - number) / (number * (number - 1))
        assert found == pytest.approx(cosine, abs=0.005)


def loss_of_eq_6(x, y, temperature):
    squared = ((x[:, None] - y[None]) ** 2).sum(axis=-1) / temperature
    shares = np.exp(-squared)
    by_rows = shares / shares.sum(axis=1, keepdims=True)
    by_columns = shares / shares.sum(axis=0, keepdims=True)
    return -np.mean(np.log(np.diag(by_rows)) + np.log(np.diag(by_columns))), by_rows, by_columns


def test_18_the_printed_gradient_is_the_direction_of_descent(random):
    x, y, temperature, number, i = *random.normal(size=(2, 4, 3)), 0.7, 4, 2
    _, by_rows, by_columns = loss_of_eq_6(x, y, temperature)
    pulls = (by_rows + by_columns)[:, i] @ (x - y[i])
    printed = 2 / temperature * (2 * (x[i] - y[i]) - pulls)

    def loss(own):
        moved = y.copy()
        moved[i] = own
        return loss_of_eq_6(x, moved, temperature)[0]

    gradient = approx_fprime(y[i], loss, 1e-7)
    np.testing.assert_allclose(printed, -number * gradient, rtol=1e-4)


def defined_in_eq_46(images, caption):
    """The loss of Eq. 6 on two images with one caption, that is twice in the batch."""
    return loss_of_eq_6(images, np.stack([caption, caption]), 1)[0]


def test_19_as_defined_images_need_only_be_equally_far():
    caption, far = np.zeros(2), np.array([[3.0, 4.0], [-5.0, 0.0]])
    assert defined_in_eq_46(far, caption) == pytest.approx(2 * np.log(2))
    assert shared_caption_loss(far, caption, 1, False) == pytest.approx(2 * np.log(2))
    assert shared_caption_loss(far, caption, 1, True) > 20
    near = np.array([[0.1, 0.0], [0.0, 0.3]])
    squared = (near**2).sum(axis=1)
    expected = 2 * np.log(2) + np.log(np.cosh((squared[0] - squared[1]) / 2))
    assert shared_caption_loss(near, caption, 1, False) == pytest.approx(expected)


def test_20_the_printed_derivative_is_the_negative(random):
    images, caption = random.normal(size=(2, 2)), np.zeros(2)
    shares = np.exp(-(images**2).sum(axis=1))
    share = shares[0] / shares.sum()
    printed = 2 * (caption - images[0]) + share * 2 * (images[0] - caption)

    def loss(own):
        return float(shared_caption_loss(np.stack([own, images[1]]), caption, 1, True))

    np.testing.assert_allclose(printed, -approx_fprime(images[0], loss, 1e-7), rtol=1e-4)


def test_8_the_spacing_of_pairs_matters():
    minima = loss_minima(sphere_landscape([15, 20], [35], list(np.arange(-90.0, 91.0))))
    least = minima[~minima.matched].set_index("spacing")["shift"]
    assert least.to_dict() == {15: 0, 20: 53}
