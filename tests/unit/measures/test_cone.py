import math
import tracemalloc

import mpmath
import numpy as np
import pytest

from modality_gap.data.embeddings import normalize
from modality_gap.measures import cone
from modality_gap.measures.cone import HISTOGRAM_BINS, cosine_statistics, log_cap_share


def brute_force(x, y=None):
    """All cosines at once, in float64."""
    x = x.astype(np.float64)
    if y is None:
        cosines = (x @ x.T)[np.triu_indices(len(x), k=1)]
    else:
        cosines = (x @ y.astype(np.float64).T).ravel()
    cosines = cosines.clip(-1, 1)
    quartiles = np.quantile(cosines, [0.25, 0.5, 0.75])
    summary = {
        "mean": cosines.mean(),
        "std": cosines.std(),
        "min": cosines.min(),
        **dict(zip(("quartile_1", "median", "quartile_3"), quartiles, strict=True)),
        "max": cosines.max(),
        "count": len(cosines),
    }
    return summary, np.histogram(cosines, HISTOGRAM_BINS, (-1, 1))[0]


def assert_equal_to_brute_force(*arrays):
    found = cosine_statistics(*arrays)
    summary, histogram = brute_force(*arrays)
    assert found.summary == pytest.approx(summary, abs=1e-6)
    # A cosine within half a step of an edge may be counted on its other side.
    assert found.histogram.sum() == summary["count"]
    assert np.abs(found.histogram - histogram).max() <= max(3, 1e-5 * summary["count"])


def test_real_embeddings_equal_brute_force(real_pairs):
    images, texts = real_pairs
    assert_equal_to_brute_force(images)
    assert_equal_to_brute_force(texts)
    assert_equal_to_brute_force(images, texts)


@pytest.mark.parametrize("offset", [0.0, 0.7, 30.0])
def test_two_thousand_rows_equal_brute_force(random, offset):
    x = normalize((random.normal(size=(2000, 96)) + offset).astype(np.float32))
    assert_equal_to_brute_force(x)


@pytest.mark.parametrize("n", [2, 3, 17])
def test_few_rows_equal_brute_force(random, n):
    assert_equal_to_brute_force(normalize(random.normal(size=(n, 4)).astype(np.float32)))


def test_blocks_cover_every_pair_once(random, monkeypatch):
    monkeypatch.setattr(cone, "ROWS_AT_A_TIME", 7)
    x = normalize(random.normal(size=(100, 8)).astype(np.float32))
    assert_equal_to_brute_force(x)
    assert_equal_to_brute_force(x, x[:31])


def test_memory_does_not_grow_with_the_number_of_pairs(random):
    """20,000 rows have 200 million pairs: 800 MB as a float32 matrix of half the pairs."""
    x = normalize(random.normal(size=(20_000, 16)).astype(np.float32))
    tracemalloc.start()
    cosine_statistics(x)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300e6


def test_opposite_and_equal_rows_reach_the_ends():
    x = np.array([[1.0, 0], [1, 0], [-1, 0]], dtype=np.float32)
    summary = cosine_statistics(x).summary
    assert (summary["min"], summary["max"], summary["count"]) == (-1, 1, 3)


def test_one_row_has_no_pair():
    with pytest.raises(ValueError, match="at least 2"):
        cosine_statistics(np.ones((1, 3)))


def test_rows_that_are_not_of_unit_length_are_named():
    with pytest.raises(ValueError, match="expected rows of unit length"):
        cosine_statistics(2 * np.ones((3, 2), dtype=np.float32))


@pytest.mark.parametrize("dimension", [2, 3, 128, 512, 2048])
@pytest.mark.parametrize("cosine", [-0.9, 0.0, 0.1, 0.56, 0.9, 0.999])
def test_the_share_of_a_cap_is_exact_where_it_underflows(cosine, dimension):
    with mpmath.workdps(60):
        x = (1 - mpmath.mpf(cosine)) / 2
        half = mpmath.mpf(dimension - 1) / 2
        expected = mpmath.log(mpmath.betainc(half, 0.5, 0, x, regularized=True) / 2)
    assert log_cap_share(cosine, dimension) == pytest.approx(float(expected), rel=1e-9)


def test_the_papers_shares_of_the_circle_and_of_512_dimensions():
    assert math.exp(log_cap_share(0.56, 2)) == pytest.approx(math.acos(0.56) / (2 * math.pi))
    assert math.exp(log_cap_share(0.56, 3)) == pytest.approx(
        (1 - math.cos(math.acos(0.56) / 2)) / 2
    )
    assert log_cap_share(0.56, 512) < -512 * math.log(2)
    assert log_cap_share(1.0, 512) == -math.inf


@pytest.mark.parametrize(("cosine", "dimension", "word"), [(1.1, 3, "cosine"), (0.5, 1, "dimens")])
def test_a_cap_that_is_none_is_named(cosine, dimension, word):
    with pytest.raises(ValueError, match=word):
        log_cap_share(cosine, dimension)
