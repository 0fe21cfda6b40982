import mpmath
import numpy as np
import pytest
from flow_starts import attraction, brute_force_loss, directions, numerical_gradient

from modality_gap.data.embeddings import normalize
from modality_gap.origin import contrastive_loss as loss_of


def test_margin_equals_the_definition(random):
    similarity = random.uniform(-1, 1, (7, 7)) + np.diag(random.uniform(0, 2, 7))
    z = similarity
    others = [(i, j) for i in range(7) for j in range(7) if i != j]
    expected = min(min(z[i, i] - z[i, j], z[j, j] - z[i, j]) for i, j in others)
    assert loss_of.margin(z) == pytest.approx(expected)
    for i, found in enumerate(loss_of.matched_margins(z)):
        best = max(max(z[i, j], z[j, i]) for j in range(7) if j != i)
        assert found == pytest.approx(z[i, i] - best)


def test_margins_are_positive_where_both_find_their_partner(random):
    x, y = normalize(random.normal(size=(40, 5))), random.normal(size=(40, 5))
    y = normalize(x + 0.3 * y)
    similarity = x @ y.T
    own = np.arange(40)
    found = (similarity.argmax(axis=1) == own) & (similarity.argmax(axis=0) == own)
    assert 0 < found.sum() < 40
    np.testing.assert_array_equal(loss_of.matched_margins(similarity) > 0, found)


@pytest.mark.parametrize("shape", [(3, 4), (1, 1), (4,)])
def test_margin_needs_a_square(shape):
    with pytest.raises(ValueError, match=r"expected an array \(n, n\) with n at least 2"):
        loss_of.margin(np.ones(shape))


def test_margin_names_values_that_are_not_finite():
    with pytest.raises(ValueError, match="NaN or infinity"):
        loss_of.margin(np.array([[1, np.nan], [0, 1]]))


def test_loss_and_gradient_equal_brute_force(random):
    logits = 3 * random.normal(size=(6, 6))
    assert loss_of.contrastive_loss(logits) == pytest.approx(brute_force_loss(logits))
    np.testing.assert_allclose(
        loss_of.contrastive_gradient(logits),
        numerical_gradient(brute_force_loss, logits),
        atol=1e-9,
    )


def test_loss_and_gradient_keep_their_digits_when_all_but_zero():
    """At logits of 1000 a probability less 1 is 0 in float64; the loss is about exp(−500)."""
    cosines = [[1, 0.5, 0.2], [0.4, 1, 0.1], [0.3, 0.45, 1]]
    logits = np.array(cosines) * 1000
    with mpmath.workdps(600):
        exact = mpmath.matrix(logits.tolist())
        rows = [mpmath.fsum(mpmath.exp(exact[0, j]) for j in range(3))]
        columns = [mpmath.fsum(mpmath.exp(exact[i, 0]) for i in range(3))]
        own = mpmath.exp(exact[0, 0])
        expected = float((own / rows[0] + own / columns[0] - 2) / 6)
        loss = sum(
            mpmath.log(mpmath.fsum(mpmath.exp(exact[i, j] - exact[i, i]) for j in range(3)))
            + mpmath.log(mpmath.fsum(mpmath.exp(exact[j, i] - exact[i, i]) for j in range(3)))
            for i in range(3)
        )
        loss = float(loss / 6)
    assert expected != 0
    assert loss_of.contrastive_gradient(logits)[0, 0] == pytest.approx(expected, rel=1e-12)
    assert loss_of.contrastive_loss(logits) == pytest.approx(loss, rel=1e-12)


def test_attraction_is_how_fast_the_loss_falls_with_the_scale():
    x, y = directions(1, 8, 3)
    similarity, step = x @ y.T, 1e-5
    slope = (
        brute_force_loss((4 + step) * similarity) - brute_force_loss((4 - step) * similarity)
    ) / (2 * step)
    assert attraction(similarity, 4) == pytest.approx(-slope, abs=1e-8)
