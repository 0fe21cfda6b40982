"""Intervals of rows that are not each independent, against brute force and closed forms."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from modality_gap.data.embeddings import read_units, write_embeddings
from modality_gap.measures.gap import gap_interval
from modality_gap.measures.intervals import (
    effective_number,
    mcnemar,
    mean_and_change,
    mean_interval,
    number_of_units,
    standard_error,
    wilson,
)
from modality_gap.measures.retrieval import best_ranks, hits, recall_table
from modality_gap.measures.samples import sample_interval, share_interval, text_units


@pytest.fixture
def clustered(random):
    """Values of 150 units of 1 to 6 rows that share most of what they are, and the unit of each."""
    units = np.repeat(np.arange(150), random.integers(1, 7, 150))
    values = random.normal(size=150)[units] + 0.4 * random.normal(size=len(units))
    order = random.permutation(len(units))
    return values[order], units[order]


def by_hand(values, units):
    """Standard error of a mean by the linearised variance, unit by unit."""
    own = [sum(values[units == unit] - values.mean()) for unit in np.unique(units)]
    number = len(own)
    return np.sqrt(number / (number - 1) * sum(part**2 for part in own)) / len(values)


def test_the_interval_equals_the_linearised_variance(clustered):
    values, units = clustered
    mean, low, high = mean_interval(values, 1, units)
    half = t.ppf(0.975, 149) * by_hand(values, units)
    assert (mean, low, high) == pytest.approx((values.mean(), mean - half, mean + half))
    error, degrees = standard_error(np.stack([values, 2 * values]), units.astype(str))
    np.testing.assert_allclose(error, by_hand(values, units) * np.array([1, 2]))
    assert degrees == 149


def test_the_error_is_that_of_a_bootstrap_of_units(clustered, random):
    values, units = clustered
    sums, sizes = np.bincount(units, values), np.bincount(units)
    drawn = random.multinomial(150, np.full(150, 1 / 150), size=40_000)
    means = (drawn @ sums) / (drawn @ sizes)
    error, _ = standard_error(values, units)
    assert error == pytest.approx(means.std(), rel=0.03)
    assert error > 1.5 * standard_error(values)[0]


def test_units_of_one_row_change_nothing(random):
    values = random.normal(size=30)
    names = np.array([f"i{row}" for row in random.permutation(30)], dtype=object)
    assert mean_interval(values, 3, names) == mean_interval(values, 3)
    assert effective_number(values, names) == 30
    assert mean_and_change(values, values**2, names) == mean_and_change(values, values**2)
    assert mcnemar(np.sign(values), names) == mcnemar(np.sign(values))
    assert sample_interval(values, 90, names) == sample_interval(values, 90)


@pytest.mark.parametrize("times", [2, 7])
def test_copies_of_every_row_change_nothing(random, times):
    values, shares = random.normal(size=40), random.random(40) < 0.2
    many, units = np.repeat(values, times), np.repeat(np.arange(40), times)
    assert mean_interval(many, 1, units) == pytest.approx(mean_interval(values))
    assert sample_interval(many, 90 * times, units) == pytest.approx(sample_interval(values, 90))
    for rows in (shares, np.ones(40), np.zeros(40), random.random(40)):
        again = np.repeat(rows, times)
        assert effective_number(again, units) == pytest.approx(40)
        expected = share_interval(rows, 100)
        assert share_interval(again, 100 * times, units) == pytest.approx(expected)
    changes = random.integers(-1, 2, 40)
    assert mcnemar(np.repeat(changes, times), units) == pytest.approx(mcnemar(changes))
    # Without their units, they would pass for more than there are.
    assert np.diff(mean_interval(many)[1:]) < 0.8 * np.diff(mean_interval(values)[1:])


def test_a_single_unit_has_no_interval():
    together = np.zeros(9)
    values = np.arange(9.0)
    mean, low, high = mean_interval(values, 1, together)
    assert mean == 4
    assert np.isnan([low, high, effective_number(values, together)]).all()
    assert np.isnan(sample_interval(values, 20, together)).all()
    assert np.isnan(share_interval(values / 9, 20, together)).all()
    assert number_of_units(together, 9) == 1
    assert number_of_units(None, 9) == 9
    with pytest.raises(ValueError, match="3 units for 9 values"):
        mean_interval(values, 1, np.zeros(3))


@pytest.mark.parametrize(("units", "alike"), [(40, 0.5), (15, 0.9)])
def test_wilsons_interval_of_clustered_shares_holds_the_truth(random, units, alike):
    """Beta-binomial units: those of one are alike to a correlation of `alike`."""
    scale, held, naive = 1 / alike - 1, [], []
    for _ in range(1_500):
        sizes = random.integers(2, 7, units)
        rates = random.beta(0.3 * scale, 0.7 * scale, units)
        codes = np.repeat(np.arange(units), sizes)
        values = random.random(len(codes)) < rates[codes]
        for number, found in (
            (effective_number(values, codes), held),
            (float(len(values)), naive),
        ):
            low, high = wilson(values.mean() * number, number)
            found.append(low <= 0.3 <= high)
    assert 0.93 < np.mean(held) < 0.985
    assert np.mean(naive) < 0.85


def test_the_clustered_test_counts_every_flip_of_signs(random):
    units = np.repeat(np.arange(9), [1, 1, 2, 2, 3, 4, 4, 6, 1])
    for _ in range(20):
        changes = random.integers(-1, 2, len(units))
        own = np.bincount(units, changes)
        sums = [abs(np.dot(signs, own)) for signs in product([-1, 1], repeat=9)]
        expected = np.mean(np.array(sums) >= abs(own.sum()) - 1e-9)
        assert mcnemar(changes, units) == pytest.approx(expected)


def test_a_text_is_of_the_unit_of_its_images():
    pairs = np.array([[3, 4], [3, 3], [0, 0], [0, 1], [1, 2], [2, 3]])
    # The fourth text is of two images, of which the first one counts; the sixth is of none.
    assert text_units(pairs, np.array([0, 1, 2, 3]), 6).tolist() == [0, 0, 1, 2, 3, 9]
    assert text_units(pairs, np.array([0, 0, 1, 1]), 6).tolist() == [0, 0, 0, 1, 1, 7]


def test_a_sample_of_queries_counts_their_units(random):
    content = random.normal(size=(60, 8))
    units = np.repeat(np.arange(60), 10)
    drawn = content + random.normal(size=(60, 8))
    images = drawn[units] + 0.2 * random.normal(size=(600, 8))
    texts = np.repeat(content, 4, axis=0) + 0.2 * random.normal(size=(240, 8))
    images, texts = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (images, texts))
    pairs = np.array([(row, 4 * unit + own) for row, unit in enumerate(units) for own in range(4)])
    table = recall_table(images, texts, pairs, [1], 200, 0, units).set_index("direction")
    alone = recall_table(images, texts, pairs, [1], 200, 0).set_index("direction")
    forth, back = table.loc["image_to_text"], table.loc["text_to_image"]
    asked = np.sort(np.random.default_rng(0).choice(600, 200, replace=False))
    matches = np.array(
        [(row, 4 * units[i] + own) for row, i in enumerate(asked) for own in range(4)]
    )
    found = hits(best_ranks(images[asked], texts, matches), 1)
    assert forth.units == len(np.unique(units[asked])) < 61
    assert (forth.low, forth.high) == pytest.approx(share_interval(found, 600, units[asked]))
    assert back.units == 60
    # Captions of one image are one unit anyhow.
    assert alone.units["image_to_text"] == 200
    assert alone.units["text_to_image"] == 60
    assert forth.high - forth.low > 1.3 * (alone.high - alone.low)["image_to_text"]


def test_the_gap_of_copies_has_the_interval_of_the_originals(random):
    x, y = (random.normal(size=(30, 5)) + mean for mean in (1, -1))
    units = np.tile(np.arange(30), 3)
    copies = np.tile(x, (3, 1)), np.tile(y, (3, 1))
    assert gap_interval(*copies, units) == pytest.approx(gap_interval(x, y))
    assert np.isnan(gap_interval(*copies, np.zeros(90))).all()


@pytest.mark.parametrize("said", [None, ["b", "a", "b", "b"]])
def test_the_units_of_images_stand_beside_their_pairs(tmp_path, random, said):
    ids = ["i0", "i1", "i2"]
    write_embeddings(tmp_path / "images.parquet", "image_id", ids, random.normal(size=(3, 2)), {})
    pairs = pd.DataFrame({"image_id": ["i2", "i0", "i2", "i1"], "text_id": list("tuvw")})
    if said:
        pairs["unit"] = said
    pairs.to_parquet(tmp_path / "pairs.parquet")
    rows = np.array([[2, 0], [0, 1], [2, 2], [1, 3]])
    found = read_units(tmp_path, rows, 4)
    # i1 and i2 are of unit b, i0 of a; of the fourth image nothing is said.
    assert len(np.unique(found)) == (3 if said else 4)
    assert (found[1] == found[2]) == bool(said)
    assert found.max() == len(np.unique(found)) - 1
