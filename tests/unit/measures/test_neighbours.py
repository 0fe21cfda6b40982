from itertools import pairwise, permutations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from modality_gap.measures.neighbours import closeness, nearest, right_first, share_found


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
