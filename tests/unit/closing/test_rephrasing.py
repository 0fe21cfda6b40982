from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from rephrased import rephrased_items
from scipy.spatial.distance import cdist
from scipy.stats import ttest_1samp

from modality_gap.closing import rephrasing
from modality_gap.closing.rephrased_texts import COLUMNS
from modality_gap.closing.rephrasing import (
    TEMPLATE_COLUMNS,
    MovingTexts,
    answer_table,
    answers_of,
    each_template_table,
    noise_table,
    off_diagonal_share,
    template_table,
)

ALPHAS = [-0.5, 0, 1]


def test_wrong_answers_are_clean_texts_of_other_groups_that_are_not_right():
    table = pd.DataFrame(
        [
            ("dog", 1, "tags", "1", "cat"),
            ("dog", 1, "clean", "clean", "dog"),
            ("puppy", 1, "clean", "clean", "puppy"),
            ("cat", 2, "clean", "clean", "cat"),
            ("car", 3, "clean", "clean", "car"),
            ("bus", 4, "clean", "clean", "bus"),
            ("bus", 4, "wrong", "1", "tram"),
        ],
        columns=COLUMNS,
    )
    found = answers_of(table)
    assert list(found["dog"].right) == [1, 0]
    assert list(found["dog"].wrong) == [4, 5]
    assert list(found["cat"].wrong) == [1, 2, 4, 5]
    assert list(found["bus"].wrong) == [6]


@pytest.mark.parametrize(
    ("rows", "word"),
    [
        ([("dog", 1, "tags", "1", "pet")], "expected one text"),
        ([("dog", 1, "clean", "1", "a"), ("dog", 1, "clean", "2", "b")], "expected one text"),
        ([("dog", 1, "clean", "1", "a"), ("cat", 1, "clean", "2", "b")], "no wrong answer"),
    ],
)
def test_texts_that_make_no_question_are_named(rows, word):
    with pytest.raises(ValueError, match=word):
        answers_of(pd.DataFrame(rows, columns=COLUMNS))


@pytest.fixture
def study(random):
    return rephrased_items(random)


def distances(images, texts, metric):
    return cdist(images, texts, metric)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_scores_order_as_the_distances_of_moved_texts(study, metric):
    images, _, _, texts = study
    vector = images.mean(axis=0) - texts.mean(axis=0)
    found = MovingTexts.of(texts, vector, ALPHAS).scores(images, np.arange(10), metric)
    for scores, alpha in zip(found, ALPHAS, strict=True):
        expected = distances(images, texts[:10] + alpha * vector, metric)
        if metric == "euclidean":
            # Scores leave out what is the same for all texts of an image.
            scores = scores - scores[:, :1]
            expected = (expected**2 - expected[:, :1] ** 2) / 2 + 1
        np.testing.assert_allclose(1 - scores, expected, atol=1e-12)


def test_an_unknown_distance_is_named(study):
    images, _, _, texts = study
    with pytest.raises(ValueError, match="expected one of euclidean, cosine"):
        MovingTexts.of(texts, texts[0], [0]).scores(images, np.arange(3), "manhattan")


def choices_by_hand(own, right, wrong, number):
    """Every draw of wrong answers: own wording right, rephrased right, same choice; by rephrasing."""
    results = []
    for other in right:
        outcomes = []
        for drawn in combinations(wrong, number):
            first = int(np.argmin([*drawn, own]))
            second = int(np.argmin([*drawn, other]))
            outcomes.append((first == number, second == number, first == second))
        results.append(np.mean(outcomes, axis=0))
    return np.mean(results, axis=0)


@pytest.mark.parametrize("choices", [2, 4])
def test_multiple_choice_equals_every_draw(study, choices):
    images, items, table, texts = study
    vector = images.mean(axis=0) - texts.mean(axis=0)
    found = answer_table(images, items, table, texts, vector, ALPHAS, choices)
    found = found.set_index(["kind", "distance", "alpha", "measure"])
    groups = table.drop_duplicates("item").set_index("item").group
    for kind, metric, alpha in {index[:3] for index in found.index}:
        away = distances(images, texts + alpha * vector, metric)
        expected = []
        for image, item in enumerate(items):
            here = table["item"] == item
            own = away[image, (here & (table.kind == "clean")).to_numpy()].item()
            right = away[image, (here & (table.kind == kind)).to_numpy()]
            others = (table.kind == "clean") & (table["item"].map(groups) != groups[item])
            wrong = away[image, others.to_numpy()]
            expected.append(choices_by_hand(own, right, wrong, choices - 1))
        means = [
            found["mean"][kind, metric, alpha, measure]
            for measure in ("clean_accuracy", "accuracy", "kept")
        ]
        np.testing.assert_allclose(means, np.mean(expected, axis=0), atol=1e-12)


def rows_of(table, name, items):
    own = table[table.name == name]
    return [own.index[own["item"] == item].item() for item in items]


def test_all_texts_rephrased_equals_brute_force(study):
    images, items, table, texts = study
    vector = images.mean(axis=0) - texts.mean(axis=0)
    found = template_table(images, items, table, texts, vector, ALPHAS)
    assert set(found.kind) == {"template"}
    found = found.set_index(["distance", "alpha", "measure"])["mean"]
    names = list(table[table.kind == "clean"]["item"])
    own = np.array([names.index(item) for item in items])
    for metric in ("euclidean", "cosine"):
        for alpha in ALPHAS:
            first, *others = (
                distances(
                    images, texts[rows_of(table, kind, names)] + alpha * vector, metric
                ).argmin(axis=1)
                for kind in ("clean", "x", "y")
            )
            assert found[metric, alpha, "clean_accuracy"] == pytest.approx((first == own).mean())
            accuracy = np.mean([(other == own).mean() for other in others])
            assert found[metric, alpha, "accuracy"] == pytest.approx(accuracy)
            kept = np.mean([(other == first).mean() for other in others])
            assert found[metric, alpha, "kept"] == pytest.approx(kept)


def test_each_template_and_whom_it_turns_equal_brute_force(study, monkeypatch):
    images, items, table, texts = study
    vector = images.mean(axis=0) - texts.mean(axis=0)
    ids = [f"image {n}" for n in range(len(images))]
    found = each_template_table(images, items, ids, table, texts, vector, ALPHAS)
    monkeypatch.setattr(rephrasing, "SCORES_AT_A_TIME", 5 * len(ALPHAS) * 12)
    again = each_template_table(images, items, ids, table, texts, vector, ALPHAS)
    pd.testing.assert_frame_equal(found, again)
    assert list(found.columns) == TEMPLATE_COLUMNS
    assert list(found.groupby("name").size()) == [len(ALPHAS)] * 2
    names = list(table[table.kind == "clean"]["item"])
    for row in found.itertuples():
        first, other = (
            distances(
                images, texts[rows_of(table, kind, names)] + row.alpha * vector, "euclidean"
            ).argmin(axis=1)
            for kind in ("clean", row.name)
        )
        own = np.array([names.index(item) for item in items])
        gained = (other == own).astype(float) - (first == own)
        assert (row.base_accuracy, row.accuracy) == ((first == own).mean(), (other == own).mean())
        assert row.flipped == (first != other).sum()
        test = ttest_1samp(gained, 0)
        assert [row.change, row.change_low, row.change_high] == pytest.approx(
            [gained.mean(), *test.confidence_interval(0.95)]
        )
        assert [row.all_low, row.all_high] == pytest.approx([*test.confidence_interval(0.975)])
        lost = np.flatnonzero((first == own) & (other != own))
        if len(lost):
            image = lost[0]
            turned = f"{names[first[image]]} → {names[other[image]]}"
            assert row.example == f"image {image} ({items[image]}): {turned}"
        else:
            assert row.example == ""
    assert (found.example != "").any()


def test_a_move_that_no_text_varies_along_changes_no_choice(random, study):
    """Rephrasing within the texts' space: chowers2026, Theorem 3.5, says nothing can change."""
    images, items, table, texts = study
    flat = np.column_stack([texts, np.zeros(len(texts))])
    raised = np.column_stack([images, np.ones(len(images))])
    vector = 5 * np.eye(9)[8]
    tables = (
        answer_table(raised, items, table, flat, vector, ALPHAS, 4),
        template_table(raised, items, table, flat, vector, ALPHAS),
    )
    for found in tables:
        own = found[found.distance == "euclidean"]
        assert (own.change == 0).all()
        assert own["mean"].between(0.05, 0.95).any()


def test_of_tied_answers_each_is_as_likely(study):
    """All texts are one: chance of four, and the choice is as it was."""
    images, items, table, texts = study
    found = answer_table(images, items, table, np.ones_like(texts), texts[0], [0], 4)
    np.testing.assert_allclose(found[found.measure != "kept"]["mean"], 1 / 4)
    assert (found[found.measure == "kept"]["mean"] == 1).all()
    found = template_table(images, items, table, np.ones_like(texts), texts[0], [0])
    clean = (table.kind == "clean").sum()
    np.testing.assert_allclose(found[found.measure != "kept"]["mean"], 1 / clean)
    assert (found[found.measure == "kept"]["mean"] == 1).all()


def test_too_few_wrong_answers_and_no_zero_are_named(study):
    images, items, table, texts = study
    with pytest.raises(ValueError, match="expected 49 or more"):
        answer_table(images, items, table, texts, texts[0], [0], 50)
    with pytest.raises(ValueError, match="expected 0 among them"):
        answer_table(images, items, table, texts, texts[0], [1], 4)


def test_correlation_of_noise_in_its_limits(random):
    spread = np.linspace(0.1, 3, 6)
    alone = np.vstack([np.diag(spread), -np.diag(spread)])
    assert off_diagonal_share(alone + 7) == 0
    direction = random.normal(size=6)
    together = np.outer(random.normal(size=40), direction)
    expected = np.sqrt(1 - (direction**4).sum() / (direction @ direction) ** 2)
    assert off_diagonal_share(together) == pytest.approx(expected)
    with pytest.raises(ValueError, match="no covariance"):
        off_diagonal_share(np.ones((5, 3)))


@pytest.mark.parametrize(("n", "d"), [(300, 40), (1000, 512)])
def test_independent_noise_of_a_sample_is_not_0(random, n, d):
    """ImageNet's 1,000 classes in 512 dimensions: 0.58 where the paper's text expects 0."""
    found = off_diagonal_share(random.normal(size=(n, d)))
    assert found == pytest.approx(np.sqrt((d - 1) / (d + n)), rel=0.03)


def test_the_noise_of_every_rephrasing(random):
    names = [f"item {n}" for n in range(30)]
    clean = random.normal(size=(30, 5))
    shared, along = np.array([0, 2.0, 0, 0, 0]), np.array([1.0, 0, 0, 0, 0])
    steps = random.normal(size=30)
    noise = shared + np.outer(steps, along)
    rows = [(name, name, "clean", "clean", name) for name in names]
    rows += [(name, name, "template", "t", f"a {name}") for name in names[::-1]]
    rows += [(name, name, "tags", "1", f"the {name}") for name in names[:5]]
    table = pd.DataFrame(rows, columns=COLUMNS)
    texts = np.vstack([clean, (clean + noise)[::-1], clean[:5]])
    images = clean + 3 * along
    found = noise_table(images, table, texts, np.eye(5)[1], 0)
    assert list(found.kind) == ["template"], "five texts are too few"
    row, square = found.iloc[0], np.square(noise).sum(axis=1).mean()
    assert row.length == pytest.approx(np.sqrt(square))
    assert row.mean_share == pytest.approx((4 + steps.mean() ** 2) / square)
    assert row.along_gap == pytest.approx(5)
    assert row.along_move == pytest.approx(0, abs=1e-12)
    assert row.off_diagonal_share == pytest.approx(0, abs=1e-6)


def test_shuffling_takes_the_correlation_away(study, random):
    names = [f"item {n}" for n in range(200)]
    clean = random.normal(size=(200, 20))
    noise = random.normal(size=(200, 1)) + 0.3 * random.normal(size=(200, 20))
    rows = [(name, name, "clean", "clean", name) for name in names]
    rows += [(name, name, "template", "t", f"a {name}") for name in names]
    table = pd.DataFrame(rows, columns=COLUMNS)
    row = noise_table(clean + 1, table, np.vstack([clean, clean + noise]), np.ones(20), 0).iloc[0]
    assert row.off_diagonal_share > 0.9
    assert row.independent == pytest.approx(np.sqrt(19 / 220), abs=0.05)
