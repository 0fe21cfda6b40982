from itertools import combinations, permutations

import numpy as np
import pytest

from modality_gap.data.embeddings import normalize
from modality_gap.measures.retrieval import (
    Ranks,
    best_ranks,
    chance_of_right,
    chance_recall,
    hits,
    recall,
    recall_at_k,
)


def brute_force(images, texts, pairs, k):
    """Sort all items for every query, in float64; without ties."""
    found = {}
    for direction, queries, items, matches in (
        ("image_to_text", images, texts, pairs),
        ("text_to_image", texts, images, [(b, a) for a, b in pairs]),
    ):
        hits = []
        for query in sorted({a for a, _ in matches}):
            right = {b for a, b in matches if a == query}
            similarity = items.astype(np.float64) @ queries[query].astype(np.float64)
            order = sorted(range(len(items)), key=lambda item: -similarity[item])
            hits.append(bool(right & set(order[:k])))
        found[direction, k] = np.mean(hits)
    return found


def test_real_embeddings_equal_brute_force(real_pairs):
    pairs = [(row, row) for row in range(500)]
    found = recall_at_k(*real_pairs, np.array(pairs), [1, 5, 10])
    for k in (1, 5, 10):
        for key, value in brute_force(*real_pairs, pairs, k).items():
            assert found[key] == pytest.approx(value, abs=1e-12)


def test_the_known_values_of_clip(trained_pairs):
    found = recall_at_k(*trained_pairs, np.column_stack([np.arange(500)] * 2), [1])
    assert found == {("image_to_text", 1): 0.552, ("text_to_image", 1): 0.506}


@pytest.mark.parametrize("seed", range(5))
def test_several_captions_and_shared_captions_equal_brute_force(seed):
    random = np.random.default_rng(seed)
    images, texts = (normalize(random.normal(size=(n, 4))) for n in (30, 20))
    pairs = [(image, text) for image in range(30) for text in random.choice(20, 3, replace=False)]
    found = recall_at_k(images, texts, np.array(pairs), [1, 3])
    expected = brute_force(images, texts, pairs, 1) | brute_force(images, texts, pairs, 3)
    assert found == pytest.approx(expected)


def test_a_caption_of_two_images_is_right_for_both():
    images = np.array([[1.0, 0], [0.9, 0.1], [0, 1]])
    texts = np.array([[1.0, 0], [0, 1]])
    pairs = np.array([[0, 0], [1, 0], [2, 1]])
    assert set(recall_at_k(normalize(images), texts, pairs, [1]).values()) == {1.0}


@pytest.mark.parametrize("seed", range(20))
def test_equal_items_tie_exactly(seed):
    """However the products are rounded: of two equal captions, the other one is a rival."""
    random = np.random.default_rng(seed)
    texts = normalize(random.normal(size=(31, 96)).astype(np.float32))
    texts = texts[[*range(31), *random.choice(31, 19)]]
    images = normalize(texts + 0.05 * random.normal(size=texts.shape).astype(np.float32))
    pairs = np.column_stack([np.arange(50)] * 2)
    copies = (texts[:, None] == texts[None]).all(axis=2).sum(axis=1)
    ranks = best_ranks(images, texts, pairs)
    assert (ranks.tied == copies - 1).all()
    assert (ranks.own == 1).all()
    similarity = images.astype(np.float64) @ texts.astype(np.float64).T
    better = similarity > similarity.diagonal()[:, None] + 1e-6
    np.testing.assert_array_equal(ranks.above, better.sum(axis=1))


@pytest.mark.parametrize("k", [1, 2, 3, 5, 9])
@pytest.mark.parametrize(("above", "tied", "own"), [(0, 0, 1), (1, 2, 1), (0, 3, 2), (2, 1, 3)])
def test_a_tie_counts_as_the_mean_over_its_orders(above, tied, own, k):
    orders = set(permutations("r" * tied + "m" * own))
    expected = np.mean(["m" in ("r" * above + "".join(order))[:k] for order in orders])
    found = hits(Ranks(*(np.array([[value]]) for value in (above, tied, own))), k)
    assert found.shape == (1, 1)
    assert found[0, 0] == pytest.approx(expected, abs=1e-12)


def test_collapsed_embeddings_retrieve_at_chance():
    same, pairs = np.ones((4, 1)), np.array([[0, 0], [1, 1], [2, 2], [3, 3], [3, 0]])
    assert recall_at_k(same, same, pairs, [1, 3]) == pytest.approx(chance_recall(pairs, [1, 3]))


def test_chance_is_what_random_embeddings_reach(random):
    pairs = np.array(
        [(image, text) for image in range(40) for text in (image % 10, 10 + image % 3)]
    )
    chance = chance_recall(pairs, [1, 5])
    draws = [
        recall_at_k(
            normalize(random.normal(size=(40, 64))),
            normalize(random.normal(size=(13, 64))),
            pairs,
            [1, 5],
        )
        for _ in range(300)
    ]
    for key, value in chance.items():
        assert np.mean([draw[key] for draw in draws]) == pytest.approx(value, abs=0.02)


@pytest.mark.parametrize(("beaten", "tied", "lost"), [(4, 0, 2), (3, 2, 1), (0, 4, 1), (2, 1, 3)])
def test_the_chance_of_a_tied_answer_is_the_mean_over_draws_and_orders(beaten, tied, lost):
    wrong = [-1] * beaten + [0] * tied + [1] * lost
    chances = []
    for drawn in combinations(wrong, 3):
        best = max(0, *drawn)
        chances.append((best == 0) / (1 + sum(value == best for value in drawn)))
    found = chance_of_right(np.array([beaten]), np.array([tied]), len(wrong), 4)
    assert found[0] == pytest.approx(np.mean(chances), abs=1e-12)


def test_recall_of_matched_rows_counts_equal_rows_as_one_item(random):
    """Two captions an image: its rows are equal, and either caption is right."""
    images, texts = normalize(random.normal(size=(20, 8))), normalize(random.normal(size=(40, 8)))
    pairs = np.column_stack([np.repeat(np.arange(20), 2), np.arange(40)])
    expected = recall_at_k(images, texts, pairs, [3])
    found = recall(images[pairs[:, 0]], texts, k=3)
    assert found == pytest.approx({direction: expected[direction, 3] for direction in found})
    assert list(found) == ["image_to_text", "text_to_image"]
