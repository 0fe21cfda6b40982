import numpy as np
import pytest

from modality_gap.data.embeddings import normalize
from modality_gap.effects import shifted_ranks as module
from modality_gap.effects.shifted_ranks import shifted_ranks
from modality_gap.measures.retrieval import best_ranks, hits

STEPS = [(a, b) for a in (-1.3, -0.4, 0.0, 0.7) for b in (-0.9, 0.0, 0.25, 2.0)]


def really_moved(queries, items, matches, unit, steps):
    """Move, normalise, multiply and rank anew for every move, in float64."""
    queries, items = queries.astype(np.float64), items.astype(np.float64)
    return np.stack(
        [
            best_ranks(normalize(queries + a * unit), normalize(items + b * unit), matches)
            for a, b in steps
        ],
        axis=1,
    )


@pytest.fixture
def clouds(random):
    """Queries, items, several matches a query (some shared), and a direction."""
    queries = normalize(random.normal(size=(200, 7)) + 0.4)
    items = normalize(random.normal(size=(60, 7)) - 0.3)
    matches = [
        (query, item)
        for query in range(200)
        for item in random.choice(60, 1 + query % 3, replace=False)
    ]
    return queries, items, random.permutation(matches), normalize(random.normal(size=(1, 7)))[0]


def test_ranks_equal_those_of_moved_embeddings(clouds):
    found = shifted_ranks(*clouds, STEPS)
    assert {ranks.dtype for ranks in found} == {np.dtype(np.int32)}
    expected = really_moved(*clouds, STEPS)
    np.testing.assert_array_equal(found, expected)
    # The moves matter: not every one leaves the ranks as they are.
    assert len({tuple(row) for row in expected[0]}) == len(STEPS)


def test_blocks_are_put_together(clouds, monkeypatch):
    whole = shifted_ranks(*clouds, STEPS)
    monkeypatch.setattr(module, "ROWS_AT_A_TIME", 7)
    np.testing.assert_array_equal(shifted_ranks(*clouds, STEPS), whole)
    monkeypatch.setattr(module, "VALUES_AT_A_TIME", 1)
    np.testing.assert_array_equal(shifted_ranks(*clouds, STEPS), whole)


def test_single_precision_and_real_embeddings(real_pairs):
    images, texts = real_pairs
    gap = images.mean(axis=0) - texts.mean(axis=0)
    unit = gap / np.linalg.norm(gap)
    matches = np.column_stack([np.arange(500)] * 2)
    steps = [(-d / 2, d / 2) for d in np.linspace(-2, 2, 9)]
    doubled = shifted_ranks(images.astype(float), texts.astype(float), matches, unit, steps)
    np.testing.assert_array_equal(doubled, really_moved(images, texts, matches, unit, steps))
    single = shifted_ranks(images, texts, matches, unit, steps)
    # Rounding swaps a few near-equal neighbours.
    assert (single.above != doubled.above).mean() < 0.01
    first, second = (hits(ranks, 1).mean(axis=1) for ranks in (single, doubled))
    assert (np.abs(first - second) < 0.005).all()


def test_items_that_match_are_no_rivals_of_each_other():
    items = normalize(np.array([[1.0, 0.02], [1, 0.01], [1, 0], [0, 1]]))
    queries = np.array([[1.0, 0]])
    steps = [(0.0, 0.0), (0.0, 0.3), (-0.5, 0.1)]
    unit = np.array([0.0, 1])
    everything = np.array([[0, item] for item in (2, 0, 1)])
    assert (hits(shifted_ranks(queries, items, everything, unit, steps), 1) == 1).all()
    twice = np.array([[0, 0], [0, 0]])
    np.testing.assert_array_equal(
        shifted_ranks(queries, items, twice, unit, steps),
        really_moved(queries, items, twice, unit, steps),
    )


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("width", [5, 33, 77, 301, 512])
def test_equal_items_tie_exactly_under_every_move(kind, width):
    """Every item is there twice, and one of the two is right: it is first half of the time.

    Matrix products round equal rows differently, depending on where they stand.
    """
    random = np.random.default_rng(width)
    items = normalize(random.normal(size=(43, width))).astype(kind)
    queries = normalize(items + 0.01 * random.normal(size=items.shape).astype(kind))
    items = np.concatenate([items, items[::-1]])
    unit = normalize(random.normal(size=(1, width)))[0]
    matches = np.column_stack([np.arange(43)] * 2)
    steps = [(a, b) for a in (-3.0, -0.2, 0, 5.0) for b in (-0.1, 0, 0.2)]
    ranks = shifted_ranks(queries, items, matches, unit, steps)
    assert (ranks.tied == 1).all()
    assert set(np.unique(hits(ranks, 1))) == {0, 0.5}
    both = np.concatenate([matches, np.column_stack([np.arange(43), 85 - np.arange(43)])])
    ranks = shifted_ranks(queries, items, both, unit, steps[3:9])
    assert (ranks.own == 2).all()
    assert (hits(ranks, 1) == 1).mean() > 0.9


def test_collapsed_embeddings_all_tie():
    same = np.tile([[0.6, 0.8]], (5, 1))
    matches = np.column_stack([np.arange(5)] * 2)
    ranks = shifted_ranks(same, same, matches, np.array([1.0, 0]), [(0.3, -0.2)])
    assert [set(values.ravel()) for values in ranks] == [{0}, {4}, {1}]
    np.testing.assert_allclose(hits(ranks, 1), 1 / 5)


@pytest.mark.parametrize("steps", [[(0.0, 0.0), (-1.0, 0.0)], [(0.0, -1.0)]])
def test_a_move_onto_the_origin_is_refused(steps):
    axes = np.eye(2)
    with pytest.raises(ValueError, match="a step of -1 along the gap moves an embedding"):
        shifted_ranks(axes, axes, np.array([[0, 0], [1, 1]]), axes[0], steps)


@pytest.mark.parametrize(
    ("matches", "words"), [([[0, 0]], "some query matches no item"), ([[0, 0], [1, 2]], "0 to 1")]
)
def test_matches_that_are_none_are_refused(matches, words):
    with pytest.raises(ValueError, match=words):
        shifted_ranks(np.eye(2), np.eye(2), np.array(matches), np.array([0.6, 0.8]), [(0, 0)])
