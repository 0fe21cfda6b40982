import numpy as np
import pytest
from scipy.spatial.distance import cdist

from modality_gap.closing.few_bits import quantize
from modality_gap.closing.projection import move_along, orthogonal_gap
from modality_gap.closing.quantization import NEIGHBOUR, TASK, closest_alpha, quantization_table
from modality_gap.measures.intervals import mean_interval
from modality_gap.measures.neighbours import closeness
from modality_gap.measures.retrieval import recall_at_k

SCHEMES = {"fixed_range": [4, 8], "dimension_range": [3], "vector_scale": [8], "sign": [1]}


def values(stored):
    return stored.queries * stored.unit, stored.retrieved * stored.unit


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
