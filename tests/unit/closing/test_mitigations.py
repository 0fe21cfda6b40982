import numpy as np
import pytest
from conftest import two_clusters
from scipy.spatial.distance import cdist

from modality_gap.claims.mitigations import decide, defined_ways
from modality_gap.closing.choices import retrieval_task
from modality_gap.closing.few_bits import quantize
from modality_gap.closing.mitigations import (
    COSINE_RECALL,
    DIRECTIONS,
    GAP,
    RECALL,
    STORED,
    along_gap,
    halves,
    kept_under_noise,
    mitigation_table,
    sample_queries,
)
from modality_gap.closing.robustness import noise_outcomes
from modality_gap.closing.ways import MITIGATIONS, fit_mitigation
from modality_gap.data.embeddings import normalize
from modality_gap.measures.gap import modality_gap
from modality_gap.measures.retrieval import recall_at_k

FORTH, BACK = DIRECTIONS
# Ways made of single dimensions, or with noise on them.
KNOW_AXES = (
    "dimensions_removed",
    "dimensions_levelled",
    "standardization",
    "collapse_and_corrupt",
)


@pytest.fixture
def pair(random):
    return two_clusters(random)


def test_the_mean_along_the_gap_is_the_gap(pair):
    values = along_gap(*pair)
    assert values.mean() == pytest.approx(modality_gap(*pair))
    assert not along_gap(pair[0], pair[0]).any()


def test_halves_share_no_image(random, pair):
    x, y = pair
    pairs = np.column_stack([np.repeat(np.arange(40), 2), random.integers(0, 80, 80)])
    matched = np.arange(80) % 2 == 1
    found = halves(x[:40], y, pairs, matched, np.arange(40), 0)
    (images, texts), (rest, rest_texts, rest_pairs, rest_matched, _) = found
    rows = [np.flatnonzero((x == row).all(axis=1)).item() for row in images]
    others = [np.flatnonzero((x == row).all(axis=1)).item() for row in rest]
    assert sorted(rows + others) == list(range(40))
    own = dict(pairs[matched])
    np.testing.assert_array_equal(texts, y[[own[row] for row in rows]])
    assert rest_matched.tolist() == [False, True] * 20
    for image, text in rest_pairs[rest_matched]:
        np.testing.assert_array_equal(rest_texts[text], y[own[others[image]]])
    for image, text in rest_pairs:
        whole = (pairs[:, 0] == others[image]) & (y[pairs[:, 1]] == rest_texts[text]).all(axis=1)
        assert whole.any()
    assert len(rest_pairs) == 40
    with pytest.raises(ValueError, match="at least 2"):
        halves(x[:1], y, np.zeros((1, 2), dtype=int), np.ones(1, dtype=bool), np.zeros(1, int), 0)


def test_a_sample_of_queries_keeps_their_matches(pair):
    x, _ = pair
    matches = np.column_stack([np.repeat(np.arange(0, 80, 2), 2), np.arange(80)])
    rows, own = sample_queries(matches, 7, 3)
    queries = x[rows]
    assert queries.shape == (7, 10)
    for query, item in own:
        source = np.flatnonzero((x == queries[query]).all(axis=1)).item()
        assert [source, item] in matches.tolist()
    assert len(own) == 14
    np.testing.assert_array_equal(x[sample_queries(matches, 99, 3)[0]], x[::2])


def test_neighbours_under_noise_equal_brute_force(pair):
    x, y = pair
    moves = fit_mitigation("centring", x, y, FORTH, None)
    found = kept_under_noise(x, y, moves, 0.2, 5, 0)
    random, clean = np.random.default_rng(0), cdist(moves[0](x), moves[1](y)).argmin(axis=1)
    kept = [
        cdist(
            moves[0](x), moves[1](y + 0.2 * random.standard_normal(y.shape, dtype=np.float32))
        ).argmin(axis=1)
        == clean
        for _ in range(5)
    ]
    np.testing.assert_allclose(found, np.mean(kept, axis=0), atol=1e-12)
    assert 0.1 < found.mean() < 0.9
    assert (kept_under_noise(x, y, moves, 0, 2, 0) == 1).all()


def test_neighbours_under_noise_agree_with_the_robustness_of_a_plain_move(pair):
    """The same quantity, computed in another way, of other draws: within their intervals."""
    x, y = pair
    moves = fit_mitigation("projection", x, y, FORTH, 0.7)
    own = kept_under_noise(x, y, moves, 0.1, 200, 1).mean()
    task = retrieval_task(x, y, np.column_stack([np.arange(80)] * 2))
    outcomes = noise_outcomes(task, moves[1].offset[None], [0.1], "gaussian", 200, 2)
    assert own == pytest.approx(outcomes.kept[:, 0, 0].mean(), abs=0.02)
    assert own != pytest.approx(outcomes.kept[:, 0, 1].mean(), abs=0.02)


def tabulate(reference, x, y, pairs, matched=None, units=None, **changes):
    matched = np.ones(len(pairs), dtype=bool) if matched is None else matched
    units = np.arange(len(x)) if units is None else units
    settings = {
        "kept_variance": 0.8,
        "deviation": 0.1,
        "draws": 3,
        "scheme": "dimension_range",
        "bits": 3,
        "queries": 10_000,
        "seed": 0,
    }
    return mitigation_table(reference, x, y, pairs, matched, units, **(settings | changes))


def test_a_table_equals_measures_of_what_each_way_makes(pair):
    x, y = pair
    reference, (x, y) = (x[:40], y[:40]), (x[40:], y[40:])
    pairs = np.column_stack([np.arange(40)] * 2)
    table = (
        tabulate(reference, x, y, pairs)
        .set_index(["mitigation", "direction", "measure"])
        .sort_index()
    )
    assert len(table) == len(MITIGATIONS) * 2 * 5
    for name in MITIGATIONS:
        for direction in DIRECTIONS:
            image_move, text_move = fit_mitigation(name, *reference, direction, 0.8)
            images, texts = image_move(x), text_move(y)
            found = table.loc[(name, direction)]["mean"]
            order = slice(None, None, 1 if direction == FORTH else -1)
            asking, retrieved = (images, texts)[order]
            right = cdist(asking, retrieved).argmin(axis=1) == np.arange(40)
            assert found[RECALL] == pytest.approx(right.mean())
            recall = recall_at_k(normalize(images), normalize(texts), pairs, [1])[direction, 1]
            assert found[COSINE_RECALL] == pytest.approx(recall)
            assert found[GAP] == pytest.approx(
                np.linalg.norm(images.mean(axis=0) - texts.mean(axis=0))
            )
            stored = quantize(asking, retrieved, "dimension_range", 3)
            right = cdist(stored.queries, stored.retrieved).argmin(axis=1) == np.arange(40)
            assert found[STORED] == pytest.approx(right.mean())
    at_rest = table.loc["none"]
    assert (at_rest[["change", "change_low", "change_high"]] == 0).all(axis=None)
    left = table.xs(GAP, level="measure")["mean"].unstack("mitigation")
    for name in ("shift", "centring", "realign"):
        assert (left[name] < 0.3 * left["none"]).all()


def test_a_common_rotation_of_all_data_changes_nothing_but_what_is_stored(random, pair):
    """Ways that are made of means, covariances and inner products do not know the axes."""
    x, y = pair
    turn = np.linalg.qr(random.normal(size=(10, 10)))[0]
    pairs = np.column_stack([np.arange(80)] * 2)
    tables = [
        tabulate((a, b), a, b, pairs).set_index(["mitigation", "direction", "measure"])["mean"]
        for a, b in ((x, y), (x @ turn, y @ turn))
    ]
    same = tables[0].index.get_level_values("measure").isin([RECALL, COSINE_RECALL, GAP])
    same &= ~tables[0].index.get_level_values("mitigation").isin(KNOW_AXES)
    np.testing.assert_allclose(tables[0][same], tables[1][same], atol=1e-9)


def test_a_pair_that_is_listed_twice_is_right_once(pair):
    x, y = pair
    once = np.column_stack([np.arange(80)] * 2)
    tables = [tabulate((x, y), x, y, pairs) for pairs in (once, np.repeat(once, 4, axis=0))]
    recalls = [table[table.measure.isin([RECALL, STORED])]["mean"].to_numpy() for table in tables]
    np.testing.assert_array_equal(*recalls)
    assert recalls[0].max() <= 1


def test_a_way_that_the_reference_does_not_define_is_unknown_and_said(pair):
    x, y = pair
    one_text = np.repeat(y[:1], 40, axis=0)
    table = tabulate((x[:40], one_text), x[40:], y[40:], np.column_stack([np.arange(40)] * 2))
    own = table[table.mitigation == "realign"]
    assert len(own) == 2 * 5
    assert own[["mean", "change"]].isna().all(axis=None)
    assert table.attrs["remarks"] == [
        "realign: not defined here: all texts that it is fitted on are one point, which has no spread"
    ]
    assert table[table.mitigation == "shift"]["mean"].notna().all()
    assert decide(table).way != "realign"
    assert defined_ways(table) == len(MITIGATIONS) - 2
