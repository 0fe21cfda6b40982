import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import binomtest, ttest_1samp

from modality_gap.closing import choices, robustness
from modality_gap.closing.choices import choice_task, classification_task, retrieval_task
from modality_gap.closing.projection import orthogonal_gap
from modality_gap.closing.robustness import (
    NOISES,
    draw_noise,
    noise_outcomes,
    robustness_table,
    threshold_tradeoff,
)
from modality_gap.data.embeddings import normalize

ALPHAS = [-1, 0, 0.5, 1, 1.5]
DEVIATIONS = [0.0, 0.02, 0.1]


def modalities(random, n, m, d):
    return (normalize(random.normal(size=(k, d)) + shift) for k, shift in ((n, 0.6), (m, -0.3)))


def tasks_of(random):
    images, texts = modalities(random, 70, 24, 30)
    pairs = np.column_stack([np.arange(70), np.arange(70) % 24])
    return {
        "classification": classification_task(images, texts[:9], np.arange(70) % 9),
        "retrieval": retrieval_task(images, texts, pairs),
        "choice": choice_task(images, texts, pairs, 4, 0),
    }


def brute_force(task, moves, deviations, noise, draws, seed, distance):
    """Every distance anew for every query, draw, deviation and move."""

    def nearest(items):
        found = []
        for row, query in enumerate(task.queries):
            own = items if task.candidates is None else items[task.candidates[row]]
            far = np.square(own - query).sum(axis=1)
            if distance == "cosine":
                far = -(own @ query) / np.linalg.norm(own, axis=1)
            found.append(far.argmin())
        return np.array(found)

    moves = [*moves, np.zeros(task.queries.shape[1])]
    queries = np.arange(len(task.queries))
    clean = [nearest(task.retrieved + move) for move in moves]
    kept = np.empty((draws, len(deviations), len(moves)))
    right = np.empty_like(kept)
    for draw, child in enumerate(np.random.SeedSequence(seed).spawn(draws)):
        z = draw_noise(noise, np.random.default_rng(child), task.retrieved.shape)
        for s, deviation in enumerate(deviations):
            for t, move in enumerate(moves):
                found = nearest(task.retrieved + deviation * z + move)
                kept[draw, s, t] = (found == clean[t]).mean()
                right[draw, s, t] = task.right[queries, found].mean()
    accuracy = [task.right[queries, found].mean() for found in clean]
    unchanged = [(found == clean[-1]).mean() for found in clean]
    was = task.right[queries, clean[-1]].astype(float)
    changes = [task.right[queries, found] - was for found in clean]
    ends = [ttest_1samp(own, 0).confidence_interval(0.95) for own in changes]
    changed = [[own.mean(), *found] for own, found in zip(changes, ends, strict=True)]
    return kept, right, accuracy, unchanged, changed


@pytest.mark.parametrize("distance", ["euclidean", "cosine"])
@pytest.mark.parametrize("name", ["classification", "retrieval", "choice"])
def test_equal_to_recomputed_distances(random, monkeypatch, name, distance):
    task = tasks_of(random)[name]
    # Moves that are not orthogonal change clean neighbours as well.
    moves = np.outer(ALPHAS, orthogonal_gap(task.queries, task.retrieved, 0.5).vector)
    how = (moves, DEVIATIONS, "gaussian", 3, 5, distance)
    expected = brute_force(task, *how)
    for rows in (8192, 11):
        monkeypatch.setattr(choices, "ROWS_AT_A_TIME", rows)
        monkeypatch.setattr(robustness, "VALUES_IN_CACHE", 7 * rows)
        found = noise_outcomes(task, *how)
        np.testing.assert_array_equal(found.kept, expected[0])
        np.testing.assert_array_equal(found.noisy_accuracy, expected[1])
        np.testing.assert_array_equal(found.accuracy, expected[2])
        np.testing.assert_array_equal(found.unchanged[:, 0], expected[3])
        n = len(task.queries)
        ends = [
            binomtest(round(n * share), n).proportion_ci(method="wilson") for share in expected[3]
        ]
        np.testing.assert_allclose(found.unchanged[:, 1:], ends, atol=1e-9)
        moved = ~np.isnan(np.array(expected[4])).any(axis=1)
        np.testing.assert_allclose(found.changed[moved], np.array(expected[4])[moved], atol=1e-12)
        np.testing.assert_array_equal(found.changed[~moved], 0)
    assert (found.kept[:, 0] == 1).all()
    assert (found.unchanged[:-1, 0] < 1).any()


def test_orthogonal_moves_leave_clean_accuracy_and_raise_robustness(random):
    """Theorems 3.4 and 3.5 at once: many classes, a gap beside them."""
    classes = np.pad(normalize(random.normal(size=(10, 20))), ((0, 0), (0, 1)))
    labels = random.integers(0, 10, 300)
    images = classes[labels] + 0.3 * random.normal(size=(300, 21))
    images[:, 20] = 2
    task = classification_task(images, classes, labels)
    vector = orthogonal_gap(images, classes).vector
    table = robustness_table(task, vector, [-1, 0, 1], [0.1], "gaussian", 30, 0)
    assert (table.unchanged == 1).all()
    assert (table.accuracy_change == 0).all()
    assert table.change_high[0] < 0 == table.change[1] < table.change_low[2]
    np.testing.assert_allclose(table.robustness - table.robustness[1], table.change, atol=1e-12)


@pytest.mark.parametrize("noise", [name for name in NOISES if name != "centred_gaussian"])
def test_noise_is_of_mean_zero_and_variance_one(random, noise):
    drawn = draw_noise(noise, random, (400, 500))
    assert abs(drawn.mean()) < 0.01
    assert drawn.var() == pytest.approx(1, abs=0.03)
    assert abs(np.corrcoef(drawn[:, 0], drawn[:, 1])[0, 1]) < 0.2


def test_kinds_of_noise_are_what_they_are_called(random):
    drawn = {name: draw_noise(name, random, (400, 500)) for name in NOISES}
    assert set(np.unique(drawn["rademacher"])) == {-1, 1}
    assert np.abs(drawn["uniform"]).max() == pytest.approx(np.sqrt(3), abs=1e-3)
    assert np.abs(drawn["laplace"]).mean() == pytest.approx(np.sqrt(0.5), abs=0.01)
    tails = (np.abs(drawn["student_t"]) > 4).mean()
    assert tails == pytest.approx(2 * 0.001703, rel=0.15)  # t₅ beyond 4·√(5/3)
    np.testing.assert_allclose(drawn["centred_gaussian"].mean(axis=0), 0, atol=1e-12)


def test_a_threshold_trades_accuracy_for_robustness(random):
    """Threshold 0 is eq. 11 and 1 the whole gap, in both readings."""
    images, texts = modalities(random, 200, 40, 60)
    labels = (images @ texts.T).argmax(axis=1)
    task = classification_task(images, texts, labels)
    table = threshold_tradeoff(task, [0, 0.2, 1], [0.02], "gaussian", 20, 0)
    vector = orthogonal_gap(images, texts).vector
    single = robustness_table(task, vector, [1], [0.02], "gaussian", 20, 0)
    for reading, part in table.groupby("reading"):
        shares = (0.8, None) if reading == "cumulative_variance" else (None, 0.2)
        between = orthogonal_gap(images, texts, *shares)
        assert list(part.components) == [39, between.components, 0]
        assert part.kept_length.iloc[1] == between.kept_length
        assert part.change.iloc[0] == pytest.approx(single.change[0])
        assert part.change.iloc[0] > 0
        assert part.accuracy_change.iloc[0] == 0 > part.accuracy_change.iloc[2]


def test_clip_is_more_robust_with_its_gap_closed(clip_robustness):
    """chowers2026, Fig. 8, on CLIP ViT-B/16 and COCO; clean neighbours stay (Theorem 3.5)."""
    exact = clip_robustness(None)
    assert (exact["controlled"].query("distance == 'euclidean'").unchanged == 1).all()
    assert exact["controlled"].accuracy[0] == pytest.approx(0.552)


def test_memory_does_not_grow_with_the_number_of_queries():
    """40,000 queries of 400 items are 128 MB of similarities, and as much of noise."""
    code = (
        "import resource, numpy as np;"
        "from modality_gap.closing.choices import classification_task;"
        "from modality_gap.closing.robustness import noise_outcomes;"
        "r = np.random.default_rng(0);"
        "t = classification_task(r.normal(size=(40000, 8)), r.normal(size=(400, 8)),"
        " np.zeros(40000, int));"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "noise_outcomes(t, np.ones((2, 8)), [0.1], 'gaussian', 2, 0);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    scripts = Path(robustness.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=scripts, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 100 * 1024


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"distance": "manhattan"}, "expected one of euclidean, cosine"),
        ({"noise": "pink"}, "expected one of gaussian"),
        ({"deviations": [-0.1]}, "expected at least 0"),
    ],
)
def test_bad_input_is_named(random, change, words):
    task = tasks_of(random)["classification"]
    how = {"deviations": [0.1], "noise": "gaussian", "draws": 1, "seed": 0} | change
    with pytest.raises(ValueError, match=words):
        noise_outcomes(task, np.zeros((1, 30)), **how)
