import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from modality_gap.data.embeddings import normalize
from modality_gap.effects.pair_matching import pair_matching_table, pair_rows

MOVED = {"both": (0.5, 0.5), "images": (1, 0), "texts": (0, 1)}


@pytest.fixture
def pairs(random):
    """60 pairs of two patterns: images and statements that are not easily told apart."""
    shared = random.normal(size=(60, 1, 8))
    own = random.normal(size=(60, 2, 8))
    images = shared + own + random.normal(size=own.shape) + 0.7
    texts = shared + own + random.normal(size=own.shape) - 0.7
    unit_length = [normalize(rows.reshape(-1, 8)).reshape(rows.shape) for rows in (images, texts)]
    return *unit_length, ["colour"] * 45 + ["count"] * 15


def brute_force(images, texts, direction):
    """Both choices of every pair, one by one."""
    right = []
    for x, y in zip(images, texts, strict=True):
        queries, items = (y, x) if direction == "text_to_image" else (x, y)
        choices = [int(items[1] @ query > items[0] @ query) for query in queries]
        right.append(choices == [0, 1])
    return np.array(right)


def test_shares_equal_those_of_moved_embeddings(pairs):
    images, texts, patterns = pairs
    table = pair_matching_table(*pairs, list(MOVED), [-0.5, 0.0, 0.8])
    gap = images.mean(axis=(0, 1)) - texts.mean(axis=(0, 1))
    unit = gap / np.linalg.norm(gap)
    assert len(table) == 3 * 3 * 2 * 3
    for row in table.itertuples():
        of_images, of_texts = (part * row.shift for part in MOVED[row.moved])
        x = normalize((images - of_images * unit).reshape(-1, 8)).reshape(images.shape)
        y = normalize((texts + of_texts * unit).reshape(-1, 8)).reshape(texts.shape)
        right = brute_force(x, y, row.direction)
        if row.pattern != "all patterns":
            right = right[np.array(patterns) == row.pattern]
        assert (row.correct, row.pairs) == (right.sum(), len(right))
        assert row.share == right.mean()
        interval = binomtest(row.correct, row.pairs).proportion_ci(method="wilson")
        assert (row.low, row.high) == pytest.approx((interval.low, interval.high))
    assert table.groupby("direction").correct.unique().map(len).min() > 4


def test_each_statement_chooses_its_image():
    """Both statements are nearest to the first image, and each image to its own statement."""
    images = normalize(np.array([[1.0, 0.1], [0.5, -1]]))[None]
    texts = normalize(np.array([[1.0, 0.3], [1, -0.4]]))[None]
    table = pair_matching_table(images, texts, ["colour"], ["both"], [0.0])
    found = table[table.pattern == "colour"].set_index("direction").share
    assert found.to_dict() == {"text_to_image": 0, "image_to_text": 1}


def test_a_tie_is_wrong(random):
    images = normalize(random.normal(size=(4, 3)))[:, None].repeat(2, axis=1)
    texts = normalize(random.normal(size=(8, 3))).reshape(4, 2, 3)
    table = pair_matching_table(images, texts, ["a"] * 4, ["texts"], [0.0, 0.3])
    assert (table.share == 0).all()


def test_pairs_are_found_wherever_their_images_stand():
    images = pd.DataFrame(
        {"pattern": ["colour", "count", "count", "colour"], "pair": [1, 1, 1, 1]},
        index=list("wxyz"),
    )
    rows, patterns = pair_rows(images)
    assert rows.tolist() == [[0, 3], [1, 2]]
    assert patterns == ["colour", "count"]
    with pytest.raises(ValueError, match="pair 1 of 'colour': 1 images, expected 2"):
        pair_rows(images.iloc[:3])


def test_counts_that_differ_are_named(pairs):
    with pytest.raises(ValueError, match="60 pairs and 3 patterns"):
        pair_matching_table(*pairs[:2], ["a"] * 3, ["both"], [0.0])
