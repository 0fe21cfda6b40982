from itertools import pairwise, permutations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from modality_gap.closing.projection import move_along, orthogonal_gap
from modality_gap.closing.quantization import (
    NEIGHBOUR,
    TASK,
    closeness,
    closest_alpha,
    nearest,
    quantization_table,
    quantize,
    right_first,
    share_found,
)
from modality_gap.data.embeddings import normalize
from modality_gap.measures.intervals import mean_interval
from modality_gap.measures.retrieval import recall_at_k

SCHEMES = {"fixed_range": [4, 8], "dimension_range": [3], "vector_scale": [8], "sign": [1]}


def values(stored):
    return stored.queries * stored.unit, stored.retrieved * stored.unit


@pytest.fixture
def pair(random):
    x = normalize(random.normal(size=(60, 12)) + np.r_[1.5, np.zeros(11)])
    y = normalize(x[:40] + 0.4 * random.normal(size=(40, 12)) - np.r_[2.5, np.zeros(11)])
    return x, y


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


def test_closeness_orders_as_the_euclidean_distance(pair):
    x, y = pair[0], 1.7 * pair[1]
    found = closeness(x, y)
    squares = np.square(x).sum(axis=1)[:, None]
    np.testing.assert_allclose(squares - found, cdist(x, y) ** 2, atol=1e-12)


@pytest.mark.parametrize(("size", "dtype"), [(3, np.float32), (4000, np.float64)])
def test_whole_numbers_are_compared_exactly(random, size, dtype):
    x, y = (random.integers(-size, size, (20, 9)).astype(float) for _ in "xy")
    found = closeness(x, y)
    whole_x, whole_y = x.astype(np.int64), y.astype(np.int64)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, 2 * whole_x @ whole_y.T - (whole_y**2).sum(axis=1))


def orders(scores):
    """Every order of the items that agrees with their scores, ties in each way."""
    for order in permutations(range(len(scores))):
        if all(scores[a] >= scores[b] for a, b in pairwise(order)):
            yield order


def test_ties_count_as_in_a_random_order(random):
    found = random.integers(0, 3, (25, 6)).astype(float)
    sought = np.array([random.permutation(6)[:3] for _ in found])
    matches = np.argwhere(random.random((25, 6)) < 0.4)
    shares, firsts = share_found(found, sought), right_first(found, matches)
    for row, scores in enumerate(found):
        every = list(orders(scores))
        overlap = np.mean([len(set(order[:3]) & set(sought[row])) / 3 for order in every])
        right = set(matches[matches[:, 0] == row, 1])
        assert shares[row] == pytest.approx(overlap)
        assert firsts[row] == pytest.approx(np.mean([order[0] in right for order in every]))


def test_all_neighbours_are_found_in_the_index_itself(random):
    found = random.normal(size=(30, 20))
    assert (share_found(found, nearest(found, 5)) == 1).all()
    np.testing.assert_array_equal(nearest(found, 1)[:, 0], found.argmax(axis=1))


def test_the_closest_alpha_is_1_where_levels_are_fine_and_else_may_not_be(pair):
    x, y = pair
    gap = x.mean(axis=0) - y.mean(axis=0)
    assert closest_alpha(x, y, gap, "dimension_range", 12) == 1
    coarse = closest_alpha(x, y, gap, "fixed_range", 3)
    gaps = {
        alpha: quantize(x, y + alpha * gap, "fixed_range", 3).gap
        for alpha in np.arange(0, 2.01, 0.05).round(2)
    }
    assert gaps[coarse] == min(gaps.values())
    assert coarse != 1


def tabulate(images, texts, pairs, **changes):
    gap = orthogonal_gap(images, texts, 0.9).vector
    settings = {
        "schemes": SCHEMES,
        "alphas": [-0.5, 0.0, 1.0],
        "k": 5,
        "queries": 10_000,
        "seed": 0,
    }
    return gap, quantization_table(images, texts, pairs, gap, **(settings | changes))


def test_a_table_equals_brute_force(pair):
    x, y = pair
    pairs = np.column_stack([np.arange(40)] * 2)
    gap, table = tabulate(x, y, pairs)
    for (scheme, bits, alpha), rows in table.groupby(["scheme", "bits", "alpha"]):
        moved = y + alpha * gap
        stored = (x, moved) if scheme == "none" else values(quantize(x, moved, scheme, bits))
        full, quantised = cdist(x, moved), cdist(*stored).round(9)
        kept = np.empty(len(x))
        for query, distances in enumerate(quantised):
            first = np.flatnonzero(distances == distances.min())
            kept[query] = (full[query].argmin() in first) / len(first)
        found = rows.set_index("measure")
        expected = mean_interval(kept)
        measured = found.loc[NEIGHBOUR]
        assert tuple(measured[["mean", "low", "high"]]) == pytest.approx(expected, nan_ok=True)
        assert measured.gap == pytest.approx(np.linalg.norm(x.mean(axis=0) - moved.mean(axis=0)))
        at_rest = (table.scheme == scheme) & (table.bits == bits) & (table.alpha == 0)
        before = table[at_rest & (table.measure == NEIGHBOUR)]["mean"].item()
        assert measured.change == pytest.approx(measured["mean"] - before)


def test_without_quantisation_all_is_kept_and_recall_is_recall(trained_pairs):
    images, texts = (rows[:150] for rows in trained_pairs)
    pairs = np.column_stack([np.arange(len(images))] * 2)
    _, table = tabulate(images, texts, pairs, schemes={"dimension_range": [24]})
    plain = table[table.scheme == "none"]
    assert (plain[plain.measure.isin([NEIGHBOUR, "nearest_5_kept"])]["mean"] == 1).all()
    recall = recall_at_k(images, texts, pairs, [1])["image_to_text", 1]
    at_rest = plain[(plain.measure == TASK) & (plain.alpha == 0)]["mean"].item()
    assert at_rest == pytest.approx(recall)
    # The limit of many bits is no quantisation.
    fine = table[(table.scheme == "dimension_range") & (table.measure != TASK)]
    assert fine["mean"].min() > 0.99


def test_a_gap_that_no_text_varies_along_changes_nothing_unquantised(trained_pairs):
    """chowers2026, Theorem 3.5; exact where there are fewer texts than dimensions."""
    images, texts = (rows[:150] for rows in trained_pairs)
    gap = orthogonal_gap(images, texts).vector
    before, after = (closeness(images, move_along(texts, gap, alpha)) for alpha in (0, 1))
    np.testing.assert_array_equal(before.argmax(axis=1), after.argmax(axis=1))


def test_queries_are_a_sample_with_their_own_matches(pair):
    x, y = pair
    pairs = np.column_stack([np.arange(60), np.arange(60) % 40])
    _, table = tabulate(x, y, pairs, queries=15, schemes={})
    assert (table.queries == 15).all()
    asked = np.sort(np.random.default_rng(0).choice(60, 15, replace=False))
    expected = np.mean(cdist(x, y).argmin(axis=1)[asked] == asked % 40)
    found = table[(table.measure == TASK) & (table.alpha == 0)]["mean"].item()
    assert found == pytest.approx(expected)


def test_the_model_as_it_is_must_be_among_the_alphas(pair):
    with pytest.raises(ValueError, match="0 among them"):
        tabulate(*pair, np.zeros((1, 2), dtype=int), alphas=[1.0])
