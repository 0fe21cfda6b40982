import numpy as np
import pytest

from modality_gap.closing.few_bits import quantize


def values(stored):
    return stored.queries * stored.unit, stored.retrieved * stored.unit


@pytest.mark.parametrize("bits", [2, 3, 8])
def test_the_fixed_range_takes_the_nearest_of_equal_levels(random, bits):
    x, y = random.uniform(-4, 4, (50, 7)), random.uniform(-4, 4, (30, 7))
    levels = np.linspace(-3, 3, 2**bits)
    for rows, stored in zip((x, y), values(quantize(x, y, "fixed_range", bits)), strict=True):
        nearest_level = levels[np.abs(rows[..., None] - levels).argmin(axis=-1)]
        np.testing.assert_allclose(stored, nearest_level, atol=1e-12)


def test_the_range_of_each_dimension_is_that_of_both_modalities(random):
    x, y = random.normal(size=(50, 5)) * [1, 2, 3, 4, 0], random.normal(size=(30, 5)) + 3
    y[:, 4] = 0
    both = np.vstack([x, y])
    stored = np.vstack(values(quantize(x, y, "dimension_range", 3)))
    for column in range(4):
        levels = np.linspace(both[:, column].min(), both[:, column].max(), 8)
        nearest_level = levels[np.abs(both[:, [column]] - levels).argmin(axis=1)]
        # Levels count from the smallest value: distances are the same.
        np.testing.assert_allclose(stored[:, column] + levels[0], nearest_level, atol=1e-12)
    assert not stored[:, 4].any()


def test_the_scale_of_each_vector_is_its_largest_entry(random):
    x, y = random.normal(size=(50, 6)), 100 * random.normal(size=(30, 6))
    for rows, stored in zip((x, y), values(quantize(x, y, "vector_scale", 8)), strict=True):
        scale = np.abs(rows).max(axis=1, keepdims=True)
        numbers = stored / scale * 127
        np.testing.assert_allclose(numbers, np.rint(numbers), atol=1e-9)
        np.testing.assert_allclose(np.abs(numbers).max(axis=1), 127)
        assert (np.abs(stored - rows) <= scale / 254 + 1e-12).all()


def test_signs_are_rows_of_unit_length():
    x, y = values(quantize(np.array([[0.3, -2.0, 0.0, 5]]), np.ones((2, 4)), "sign", 1))
    np.testing.assert_array_equal(x, [[0.5, -0.5, -0.5, 0.5]])
    np.testing.assert_array_equal(y, np.full((2, 4), 0.5))


def test_few_levels_on_the_fixed_range_keep_the_sign_alone(pair):
    """Entries below half a step: the paper's 2 bits store as much as one."""
    fixed, signs = (quantize(*pair, *how) for how in (("fixed_range", 2), ("sign", 1)))
    np.testing.assert_array_equal(np.sign(fixed.queries), signs.queries)
    np.testing.assert_array_equal(np.abs(fixed.queries), 1)


@pytest.mark.parametrize(
    ("how", "word"),
    [
        (("sign", 2), "expected 1"),
        (("fixed_range", 1), "at least 2"),
        (("int8", 8), "vector_scale"),
    ],
)
def test_what_cannot_be_stored_is_named(pair, how, word):
    with pytest.raises(ValueError, match=word):
        quantize(*pair, *how)


def test_the_quantised_gap_is_the_distance_of_the_stored_centres(pair):
    for scheme, bits in (("fixed_range", 8), ("dimension_range", 4), ("sign", 1)):
        stored = quantize(*pair, scheme, bits)
        x, y = values(stored)
        assert stored.gap == pytest.approx(np.linalg.norm(x.mean(axis=0) - y.mean(axis=0)))
