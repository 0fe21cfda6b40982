import numpy as np
import pytest
from scipy.spatial.distance import pdist

from modality_gap.data.embeddings import normalize
from modality_gap.effects.linear_probe import linear_probe_accuracy
from modality_gap.measures.gap import modality_gap
from modality_gap.measures.uniformity import gaussian_uniformity
from modality_gap.training.run_measures import (
    class_measures,
    pair_measures,
    pool_measures,
    run_measures,
)

DIRECTIONS = ("image_to_text", "text_to_image")


def measured(images, texts, pairs, *arguments, matched=None):
    """The table as a dictionary, each measure once; matched: by default each image's first pair."""
    if matched is None:
        matched = np.isin(np.arange(len(pairs)), np.unique(pairs[:, 0], return_index=True)[1])
    table = run_measures(images, texts, pairs, matched, *arguments)
    assert list(table.columns) == ["measure", "value"]
    assert table.measure.is_unique
    return dict(zip(table.measure, table.value, strict=True))


def brute_recalls(images, texts, pairs, k):
    """A query hits where fewer than k items, none of them a match, are as similar as its best."""
    found = {}
    for direction, queries, items, matches in (
        ("image_to_text", images, texts, pairs),
        ("text_to_image", texts, images, [(b, a) for a, b in pairs]),
    ):
        hits = []
        everything = {b for _, b in matches}
        for query in sorted({a for a, _ in matches}):
            right = {b for a, b in matches if a == query}
            similarity = {item: queries[query] @ items[item] for item in everything}
            best = max(similarity[item] for item in right)
            hits.append(sum(similarity[item] >= best for item in everything - right) < k)
        found[direction] = np.mean(hits)
    return found


@pytest.fixture
def captioned(random):
    """60 images with three captions each, of 40 that they share; the first is the image's own."""
    images, texts = (normalize(random.normal(size=(n, 5)) + 0.3) for n in (60, 40))
    pairs = [(image, text) for image in range(60) for text in random.choice(40, 3, replace=False)]
    return images, texts, np.array(pairs)


def test_real_embeddings_equal_brute_force(real_pairs):
    found = measured(*real_pairs, np.column_stack([np.arange(500)] * 2), 512, 2, 0, [5])
    x, y = (rows.astype(np.float64) for rows in real_pairs)
    expected = {
        "modality_gap": np.linalg.norm(x.mean(axis=0) - y.mean(axis=0)),
        "matched_distance": np.linalg.norm(x - y, axis=1).mean(),
        "alignment": (np.linalg.norm(x - y, axis=1) ** 2).mean(),
        "uniformity_images": np.log(np.exp(-2 * pdist(x) ** 2).mean()),
        "uniformity_texts": np.log(np.exp(-2 * pdist(y) ** 2).mean()),
    }
    cosines = x @ y.T
    own = np.diag(cosines).copy()
    np.fill_diagonal(cosines, -np.inf)
    rivals = np.maximum(cosines.max(axis=0), cosines.max(axis=1))
    expected["matched_share"] = (own > rivals).mean()
    pairs = [(row, row) for row in range(500)]
    for direction, value in brute_recalls(x, y, pairs, 5).items():
        expected[f"recall@5_{direction}"] = value
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-6)
    # 500 pairs are fewer than a pool: each draw is all of them.
    for name in ("modality_gap", "gaussian_uniformity"):
        assert found[f"{name}_pool"] == pytest.approx(found[name], abs=1e-6)
    for direction in DIRECTIONS:
        whole = found[f"recall@5_{direction}"]
        assert found[f"recall_pool@5_{direction}"] == pytest.approx(whole)
    assert set(found) - set(expected) == {
        "gaussian_uniformity",
        "modality_gap_pool",
        "gaussian_uniformity_pool",
        "recall_pool@5_image_to_text",
        "recall_pool@5_text_to_image",
    }


def test_the_known_values_of_clip(trained_pairs):
    found = measured(*trained_pairs, np.column_stack([np.arange(500)] * 2), 512, 1, 0, [1])
    assert found["modality_gap"] == pytest.approx(0.8514, abs=5e-5)
    assert found["matched_distance"] == pytest.approx(1.1745, abs=5e-5)
    assert found["recall_pool@1_image_to_text"] == 0.552
    assert found["recall@1_text_to_image"] == 0.506


def test_gap_and_uniformity_are_of_the_images_with_their_own_captions(captioned):
    images, texts, pairs = captioned
    found = measured(images, texts, pairs, 20, 1, 0, [1, 3])
    own = texts[pairs[::3, 1]]
    assert found["modality_gap"] == pytest.approx(modality_gap(images, own))
    assert found["gaussian_uniformity"] == pytest.approx(gaussian_uniformity(images, own))
    assert found["uniformity_texts"] == pytest.approx(np.log(np.exp(-2 * pdist(own) ** 2).mean()))
    for k in (1, 3):
        for direction, value in brute_recalls(images, texts, pairs.tolist(), k).items():
            assert found[f"recall@{k}_{direction}"] == pytest.approx(value)


@pytest.mark.parametrize("seed", range(5))
def test_a_pool_equals_brute_force(captioned, seed):
    """Any caption of an image that is in the pool, as whoever's own, is right for the image."""
    images, texts, pairs = captioned
    chosen = pairs[::3][np.sort(np.random.default_rng(seed).choice(60, 25, replace=False))]
    inside = [(a, b) for a, b in pairs.tolist() if a in chosen[:, 0] and b in chosen[:, 1]]
    assert len(inside) > 25 > len(set(chosen[:, 1]))
    found = pool_measures(images, texts, pairs, chosen, [1, 3])
    for k in (1, 3):
        for direction, value in brute_recalls(images, texts, inside, k).items():
            assert found[f"recall_pool@{k}_{direction}"] == pytest.approx(value)
    x, y = images[chosen[:, 0]], texts[chosen[:, 1]]
    assert found["modality_gap_pool"] == pytest.approx(modality_gap(x, y))
    assert found["gaussian_uniformity_pool"] == pytest.approx(gaussian_uniformity(x, y))


def test_two_images_of_a_pool_that_share_a_caption_both_match_it():
    axes = np.eye(3)
    pairs = np.array([[0, 0], [1, 0], [2, 1]])
    found = measured(axes[[0, 0, 1]], axes[:2], pairs, 3, 2, 0, [1])
    assert {found[f"recall_pool@1_{direction}"] for direction in DIRECTIONS} == {1.0}


def test_a_pool_of_one_pair_has_its_distance_as_its_gap_and_no_rivals(captioned):
    found = measured(*captioned, 1, 800, 0, [1])
    assert found["modality_gap_pool"] == pytest.approx(found["matched_distance"], abs=0.03)
    assert {found[f"recall_pool@1_{direction}"] for direction in DIRECTIONS} == {1.0}


def test_the_seed_decides_the_pools(captioned):
    first, again, other = (measured(*captioned, 20, 3, seed, [1]) for seed in (0, 0, 1))
    assert first == again
    different = {name for name in first if first[name] != other[name]}
    assert "modality_gap_pool" in different
    assert all("pool" in name for name in different)


def test_draws_are_averaged(captioned):
    """A pool of all but one pair: the gap's mean over draws lies between those of the draws."""
    images, texts, pairs = captioned
    own = texts[pairs[::3, 1]]
    gaps = [modality_gap(np.delete(images, i, 0), np.delete(own, i, 0)) for i in range(60)]
    single = measured(*captioned, 59, 1, 0, [1])["modality_gap_pool"]
    assert np.isclose(gaps, single).any()
    many = measured(*captioned, 59, 500, 0, [1])["modality_gap_pool"]
    assert many == pytest.approx(np.mean(gaps), abs=4 * np.std(gaps) / np.sqrt(500))


def test_class_measures(random):
    centres = normalize(random.normal(size=(6, 5)))
    labels = random.choice(6, 400, p=[0.4, 0.2, 0.1, 0.1, 0.1, 0.1])
    rows = normalize(centres[labels] + 0.4 * random.normal(size=(400, 5)))
    prompts = normalize(centres.repeat(2, axis=0) + 0.2 * random.normal(size=(12, 5)))
    prompt_classes = np.arange(6).repeat(2)
    train, test = slice(0, 200), slice(200, 400)
    table = class_measures(
        rows[test], labels[test], prompts, prompt_classes, rows[train], labels[train], 10.0
    )
    found = dict(zip(table.measure, table.value, strict=True))
    similarity = rows[test] @ normalize(prompts[::2] + prompts[1::2]).T
    order = np.argsort(-similarity, axis=1)
    correct = order[:, 0] == labels[test]
    probe = linear_probe_accuracy(rows[train], labels[train], rows[test], labels[test], 10.0)
    assert found == pytest.approx(
        {
            "zero_shot_top_1": correct.mean(),
            "zero_shot_top_5": (order[:, :5] == labels[test][:, None]).any(axis=1).mean(),
            "zero_shot_mean_per_class": np.mean(
                [correct[labels[test] == c].mean() for c in range(6)]
            ),
            "largest_class": np.bincount(labels[test]).max() / 200,
            "linear_probe": probe["accuracy"],
        }
    )
    assert 0.4 < found["zero_shot_top_1"] < 0.99
    assert found["linear_probe"] > found["largest_class"]


def test_five_best_of_three_classes_are_not_measured():
    axes = np.eye(3)
    labels = np.arange(3)
    table = class_measures(axes, labels, axes, labels, axes, labels, 1.0)
    assert list(table.measure) == [
        "zero_shot_top_1",
        "zero_shot_mean_per_class",
        "largest_class",
        "linear_probe",
    ]


def test_matched_pairs_are_the_mean_over_patterns_of_unequal_size(random):
    images, texts = (
        normalize((random.normal(size=(40, 5)) + sign).reshape(40, 5)).reshape(20, 2, 5)
        for sign in (0.4, -0.4)
    )
    patterns = ["colour"] * 14 + ["count"] * 6
    table = pair_measures(images, texts, patterns)
    found = dict(zip(table.measure, table.value, strict=True))
    cosines = np.einsum("pid,pjd->pij", images, texts)
    right = {
        "image_to_text": (cosines.argmax(axis=2) == [0, 1]).all(axis=1),
        "text_to_image": (cosines.argmax(axis=1) == [0, 1]).all(axis=1),
    }
    expected = {
        f"pair_matching_{direction}": (own[:14].mean() + own[14:].mean()) / 2
        for direction, own in right.items()
    }
    assert found == pytest.approx(expected)
    assert right["text_to_image"].mean() != pytest.approx(found["pair_matching_text_to_image"])
