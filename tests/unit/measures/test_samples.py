"""What is asked of a sample agrees with what all say, within its interval."""

import numpy as np
import pandas as pd
import pytest

from modality_gap.data.embeddings import normalize, sample_pairs, write_embeddings
from modality_gap.data.stored import Stored
from modality_gap.measures import gap, retrieval, shift
from modality_gap.measures.cone import cosine_statistics
from modality_gap.measures.gap import gap_cosines, gap_measures, margins_among_all, pair_margins
from modality_gap.measures.retrieval import (
    best_ranks,
    ranks_among_all,
    recall_at_k,
    recall_table,
)
from modality_gap.measures.samples import asked_rows, sample_interval, share_interval
from modality_gap.measures.shift import shift_landscape

N, ASKED = 10_000, 1_000
OWN = np.column_stack([np.arange(N)] * 2)


@pytest.fixture(scope="module")
def cones():
    """10,000 pairs in two cones, so near that a good part of them finds its match."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(2, 1, 24))
    x = random.normal(size=(N, 24)) + centres[0]
    y = x + 0.5 * random.normal(size=(N, 24)) - centres[0] + centres[1]
    return tuple(normalize(rows.astype(np.float32)) for rows in (x, y))


@pytest.fixture(scope="module")
def on_disk(cones, tmp_path_factory):
    """The same, in groups of 3,000 rows on the disk."""
    folder, found = tmp_path_factory.mktemp("stored"), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("modality_gap.data.embeddings.ROWS_TOGETHER", 3_000)
        for name, rows in zip(("images", "texts"), cones, strict=True):
            file = folder / f"{name}.parquet"
            write_embeddings(file, f"{name}_id", list(map(str, range(N))), rows, {})
            found.append(Stored(file))
    return found


def test_all_are_asked_up_to_the_bound():
    assert asked_rows(100, 100, 100, 0) is None
    assert asked_rows(200, 50, 100, 0) is None
    assert asked_rows(99, 10**6, 100, 0) is None
    np.testing.assert_array_equal(asked_rows(101, 100, 100, 7), sample_pairs(101, 100, 7))


def test_intervals_of_samples_hold_the_mean_of_all(random):
    values = random.random((400, 2_000)) ** 3
    drawn = values[:, :500]
    low, high = sample_interval(drawn, 2_000)
    held = (low < values.mean(axis=1)) & (values.mean(axis=1) < high)
    assert 0.92 < held.mean() < 0.98
    low, high = sample_interval(values, 2_000)
    np.testing.assert_allclose(low, high)
    rare = random.random((400, 2_000)) < 0.02
    bounds = np.array([share_interval(row[:300].astype(float), 2_000) for row in rare])
    held = (bounds[:, 0] <= rare.mean(axis=1)) & (rare.mean(axis=1) <= bounds[:, 1])
    assert held.mean() > 0.9
    assert share_interval(rare[0], 2_000) == (rare[0].mean(), rare[0].mean())
    low, high = share_interval(np.zeros(100), 2_000)
    assert low == 0 < high


def test_recall_of_a_sample_of_queries(cones, on_disk):
    exact, held = recall_at_k(*cones, OWN, [1, 5, 10]), []
    for seed in range(20):
        table = recall_table(*cones, OWN, [1, 5, 10], ASKED, seed)
        assert (table["queries"] == ASKED).all()
        for row in table.itertuples():
            assert row.low < row.recall < row.high
            held.append(row.low <= exact[row.direction, row.k] <= row.high)
    assert np.mean(held) > 0.9
    pd.testing.assert_frame_equal(recall_table(*on_disk, OWN, [1, 5, 10], ASKED, seed), table)
    assert table.attrs["sampled"][0] == (
        "image→text: 1,000 of 10,000 queries, drawn with seed 19, each among all items"
    )


def test_up_to_the_bound_recall_is_as_it_was(cones):
    few = cones[0][:500], cones[1][:500]
    table = recall_table(*few, OWN[:500], [1, 5], 500, 0)
    assert list(table) == ["direction", "k", "recall", "chance"]
    assert not table.attrs
    found = table.set_index(["direction", "k"]).recall.to_dict()
    assert found == recall_at_k(*few, OWN[:500], [1, 5])


@pytest.mark.parametrize("seed", range(5))
def test_ranks_among_all_equal_those_in_memory(seed, monkeypatch):
    """Several matches a query, and items that repeat: ties are ties, in any block."""
    random = np.random.default_rng(seed)
    items = normalize(random.normal(size=(90, 96)).astype(np.float32))
    items = items[[*range(90), *random.choice(90, 60)]]
    queries = normalize(items[:70] + 0.1 * random.normal(size=(70, 96)).astype(np.float32))
    matches = np.array([(q, m) for q in range(70) for m in (q, 80 + random.integers(70))])
    expected = best_ranks(queries, items, matches)
    blocks = retrieval.row_blocks
    monkeypatch.setattr(retrieval, "row_blocks", lambda n, size=64: blocks(n, min(size, 32)))
    for found, own in zip(ranks_among_all(queries, items, matches), expected, strict=True):
        np.testing.assert_array_equal(found, own)


def test_margins_of_a_sample(cones, on_disk, random):
    x, y = cones[0][:600], cones[1][:600]
    ids = random.integers(0, 200, 600), random.integers(0, 300, 600)
    asked = sample_pairs(600, 80, 0)
    expected = pair_margins(x, y, *ids)[asked]
    np.testing.assert_allclose(margins_among_all(x, y, asked, *ids), expected, atol=2e-6)
    exact = gap_measures(*cones)
    sampled = gap_measures(*on_disk, asked=sample_pairs(N, ASKED, 0))
    assert sampled["asked"] == ASKED
    assert sampled["matched_share_low"] <= exact["matched_share"] <= sampled["matched_share_high"]
    assert exact["margin"] <= sampled["margin"]
    for name in exact.keys() - {"margin", "matched_share"}:
        assert sampled[name] == pytest.approx(exact[name], abs=1e-6)
    for found, own in zip(
        gap_cosines(*on_disk).values(), gap_cosines(*cones).values(), strict=True
    ):
        np.testing.assert_allclose(found, own, atol=1e-6)


def test_a_pair_without_a_rival_has_no_margin():
    x = np.eye(3, dtype=np.float32)
    same = np.zeros(3, dtype=int)
    assert np.isnan(margins_among_all(x, x, np.array([0, 2]), same, np.arange(3))).all()


def test_equal_rivals_leave_no_margin(random):
    """However products are rounded, a copy of a pair's text under another number equals it."""
    y = normalize(random.normal(size=(40, 200)).astype(np.float32))
    y = np.concatenate([y, y])
    x = normalize(y + 0.01 * random.normal(size=y.shape).astype(np.float32))
    ids = np.arange(80)
    assert (margins_among_all(x, y, ids, ids, ids) <= 0).all()


def test_the_loss_of_a_sample(cones, on_disk):
    shifts, temperatures = [-1.0, 0.0, 0.5], [1 / 100, 1 / 10]
    exact = shift_landscape(*cones, shifts, temperatures, None)
    asked = sample_pairs(N, 300, 0)
    for arrays in (cones, on_disk):
        sampled = shift_landscape(*arrays, shifts, temperatures, None, asked)
        of_batches = ["change", "change_low", "change_high", "batches"]
        assert list(sampled) == [*exact.drop(columns=of_batches), "low", "high"]
        np.testing.assert_allclose(sampled.centre_distance, exact.centre_distance, atol=1e-6)
        assert ((sampled.low <= exact.loss) & (exact.loss <= sampled.high)).mean() > 0.9
        assert (sampled.high - sampled.low < 0.2 * sampled.loss).mean() > 0.6
    everything = shift_landscape(*cones, [0.5], [1 / 10], None, np.arange(N))
    whole = exact[(exact["shift"] == 0.5) & (exact.temperature == 1 / 10)]
    np.testing.assert_allclose(everything.loss, whole.loss, rtol=1e-6)
    np.testing.assert_allclose(everything.low, everything.high)


def test_batches_from_the_disk_are_those_in_memory(cones, on_disk, monkeypatch):
    monkeypatch.setattr(shift, "ROWS_TOGETHER", 3_333)
    found, expected = (
        shift_landscape(*arrays, [0.0, 0.3], [1 / 20], 48) for arrays in (on_disk, cones)
    )
    pd.testing.assert_frame_equal(found, expected)


@pytest.mark.parametrize("both", [False, True])
def test_quartiles_of_a_sample(cones, on_disk, both):
    exact = cosine_statistics(*cones[: 1 + both]).summary
    sampled = cosine_statistics(*on_disk[: 1 + both], most=ASKED, seed=0)
    for name in ("quartile_1", "median", "quartile_3"):
        own = (sampled.summary[f"{name}_{end}"] for end in ("low", "high"))
        low, high = own
        assert low <= exact[name] <= high
        assert high - low < 0.05
    for name in ("mean", "std", "count"):
        assert sampled.summary[name] == pytest.approx(exact[name], abs=1e-6)
    counted = ASKED**2 if both else ASKED * (ASKED - 1) // 2
    assert sampled.histogram.sum() == sampled.summary["counted"] == counted


def test_up_to_the_bound_the_cone_is_as_it_was(cones):
    few = cones[0][:300]
    found, expected = cosine_statistics(few, most=300), cosine_statistics(few)
    assert found.summary == expected.summary
    np.testing.assert_array_equal(found.histogram, expected.histogram)


def test_blocks_change_no_sum(cones, monkeypatch):
    expected = gap_measures(*(rows[:700] for rows in cones))
    blocks = gap.row_blocks
    monkeypatch.setattr(gap, "row_blocks", lambda n: blocks(n, 64))
    assert gap_measures(*(rows[:700] for rows in cones)) == pytest.approx(expected, abs=1e-12)
