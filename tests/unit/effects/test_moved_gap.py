import math

import numpy as np
import pandas as pd
import pytest
from scipy.special import softmax
from sklearn.metrics import roc_auc_score

from modality_gap.data.embeddings import normalize
from modality_gap.effects.moved_gap import (
    SIDES,
    Accuracy,
    AreaUnderCurve,
    chi_squared_p,
    gap_direction,
    given_direction,
    halves,
    move_table,
    shift_gains,
    shift_grid,
    shifted_recall_table,
    zero_shot_table,
)
from modality_gap.effects.zero_shot import zero_shot_accuracy
from modality_gap.measures.intervals import mcnemar
from modality_gap.measures.retrieval import recall_at_k

SHIFTS = [-1.1, -0.3, 0.0, 0.4, 0.9]
MOVED = {"both": (0.5, 0.5), "images": (1, 0), "texts": (0, 1)}


def really_moved(x, y, unit, moved, shift):
    """Images towards texts and texts towards images, then back to the sphere."""
    of_images, of_texts = MOVED[moved]
    return normalize(x - of_images * shift * unit), normalize(y + of_texts * shift * unit)


def signed_distance(x, y, unit):
    apart = x.mean(axis=0) - y.mean(axis=0)
    return math.copysign(np.linalg.norm(apart), apart @ unit)


@pytest.fixture
def task(random):
    """300 images of seven unequal classes, class texts, and the labels."""
    texts = normalize(random.normal(size=(7, 9)) + 0.8)
    labels = random.choice(7, 300, p=np.arange(1, 8) / 28)
    images = normalize(texts[labels] + 0.9 * random.normal(size=(300, 9)) - 1.1)
    return images, texts, labels


def test_accuracies_equal_those_of_moved_embeddings(task, random):
    images, texts, labels = task
    elsewhere = [normalize(random.normal(size=(50, 9)) + mean) for mean in (0.3, -0.3)]
    directions = {
        "task": gap_direction(images, texts),
        "elsewhere": gap_direction(*elsewhere),
        "given": given_direction(np.arange(9)),
    }
    curves, _ = zero_shot_table(images, texts, labels, directions, list(MOVED), SHIFTS, None, 10, 0)
    assert len(curves) == 3 * 3 * 5 * 3
    for row in curves.itertuples():
        unit = directions[row.direction].unit
        x, y = really_moved(images, texts, unit, row.moved, row.shift)
        assert row.value == pytest.approx(zero_shot_accuracy(x, y, labels)[row.metric])
        assert row.centre_distance == pytest.approx(signed_distance(x, y, unit))
        if row.direction == "given":
            assert math.isnan(row.reference_distance)
        elif row.direction == "task":
            assert row.reference_distance == row.centre_distance
        else:
            there = really_moved(*elsewhere, unit, row.moved, row.shift)
            assert row.reference_distance == pytest.approx(signed_distance(*there, unit))
    assert curves.groupby(["direction", "moved", "metric"]).value.nunique().median() > 2


def test_baselines_are_those_of_a_constant_answer(task):
    images, texts, labels = task
    directions = {"task": gap_direction(images, texts)}
    curves, _ = zero_shot_table(images, texts, labels, directions, ["both"], [0.0], None, 10, 0)
    shares = np.sort(np.bincount(labels))[::-1] / 300
    assert curves.set_index("metric").baseline.to_dict() == pytest.approx(
        {"top_1": shares[0], "top_5": shares[:5].sum(), "mean_per_class": 1 / 7}
    )


def test_the_roc_curve_is_that_of_the_papers_softmax(random):
    """liang2022, Table 1, HatefulMemes: softmax(100·cos) of the positive class."""
    texts = normalize(random.normal(size=(2, 20)) * 0.2 + 1)
    labels = random.integers(0, 2, 150)
    images = normalize(texts[labels] + 0.3 * random.normal(size=(150, 20)) - 1.7)
    directions = {"task": gap_direction(images, texts)}
    curves, _ = zero_shot_table(images, texts, labels, directions, list(MOVED), SHIFTS, 1, 10, 0)
    found = curves[curves.metric == "roc_auc"]
    assert len(found) == 15
    for row in found.itertuples():
        x, y = really_moved(images, texts, directions["task"].unit, row.moved, row.shift)
        expected = roc_auc_score(labels == 1, softmax(100 * x @ y.T, axis=1)[:, 1])
        assert row.value == pytest.approx(expected, abs=1e-9)


def test_a_roc_curve_of_three_classes_is_refused(task):
    images, texts, labels = task
    directions = {"task": gap_direction(images, texts)}
    with pytest.raises(ValueError, match="roc_auc: 7 classes, expected 2"):
        zero_shot_table(images, texts, labels, directions, ["both"], [0.0], 1, 10, 0)


def test_recalls_equal_those_of_moved_embeddings(random):
    images, texts = (
        normalize(random.normal(size=(n, 6)) + mean) for n, mean in ((40, 0.5), (70, -0.2))
    )
    pairs = np.array([(i, t) for i in range(40) for t in random.choice(60, 2, replace=False)])
    matched = np.arange(len(pairs)) % 2 == 1
    curves, _ = shifted_recall_table(
        images, texts, pairs, matched, list(MOVED), SHIFTS, [1, 5], 10, 0
    )
    assert len(curves) == 2 * 3 * 5 * 2
    first = pairs[1::2]
    gap = images[first[:, 0]].mean(axis=0) - texts[first[:, 1]].mean(axis=0)
    unit = gap / np.linalg.norm(gap)
    for row in curves.itertuples():
        x, y = really_moved(images, texts, unit, row.moved, row.shift)
        assert row.metric == f"recall@{row.k}"
        assert row.value == pytest.approx(recall_at_k(x, y, pairs, [row.k])[row.direction, row.k])
        distance = signed_distance(x[first[:, 0]], y[first[:, 1]], unit)
        assert row.centre_distance == pytest.approx(distance)


def test_clip_at_its_own_gap_and_the_distances_of_the_papers_shifts(trained_pairs):
    """The listed distances are of 5,000 pairs of COCO, these are its first 500."""
    pairs = np.column_stack([np.arange(500)] * 2)
    listed = {
        "both": {-1: 1.4128, -0.5: 1.1731, 0: 0.8221, 0.25: 0.5998, 0.5: 0.3504},
        "images": {-1: 1.2879, -0.5: 1.1349, 0: 0.8221, 0.25: 0.5842, 0.5: 0.3178},
    }
    shifts = [float(shift) for shift in listed["both"]]
    curves, _ = shifted_recall_table(
        *trained_pairs, pairs, pairs[:, 0] >= 0, list(listed), shifts, [1], 10, 0
    )
    here = curves[curves["shift"] == 0].groupby("direction").value.unique()
    assert here["image_to_text"].tolist() == [0.552]
    assert here["text_to_image"].tolist() == [0.506]
    for moved, distances in listed.items():
        own = curves[curves.moved == moved].drop_duplicates("shift")
        found = own.set_index("shift").centre_distance
        assert found[0.0] == pytest.approx(0.8514, abs=1e-4)
        assert found.to_dict() == pytest.approx(distances, abs=0.04)


def test_the_papers_significance():
    """liang2022, Table 5; EuroSAT's is exact where its images are not rounded to whole ones."""
    assert chi_squared_p(0.9026 * 60_000, 0.9104 * 60_000, 60_000) == pytest.approx(
        3.476e-06, rel=5e-4
    )
    assert chi_squared_p(0.6705 * 60_000, 0.6776 * 60_000, 60_000) == pytest.approx(
        8.701e-03, rel=5e-4
    )
    assert chi_squared_p(0.5494 * 27_000, 0.5686 * 27_000, 27_000) == pytest.approx(
        7.020e-06, rel=5e-4
    )
    whole = (round(0.5494 * 27_000), round(0.5686 * 27_000), 27_000)
    assert chi_squared_p(*whole) == pytest.approx(7.14e-06, rel=1e-3)
    assert chi_squared_p(0, 0, 9) == chi_squared_p(9, 9, 9) == 1


def index_bootstrap(outcome, rows, number):
    """Draw rows, with repetition, and measure anew."""
    random = np.random.default_rng(5)
    drawn = (outcome.values(random.choice(rows, len(rows))) for _ in range(number))
    return np.array([values[1] - values[0] for values in drawn])


@pytest.mark.parametrize("groups", [[0], [0, 1, 2]])
def test_resamples_are_those_of_images(random, groups):
    members = random.choice(groups, 400, p=[1] if len(groups) == 1 else [0.8, 0.15, 0.05])
    right = random.random((2, 400)) < np.array([0.5, 0.6])[:, None] - 0.1 * members
    outcome = Accuracy(right, members, 0)
    rows = np.arange(0, 400, 2)
    found = outcome.resampled_gains(0, 1, rows, 4000, random)
    expected = index_bootstrap(outcome, rows, 4000)
    assert found.mean() == pytest.approx(expected.mean(), abs=0.005)
    assert found.std() == pytest.approx(expected.std(), rel=0.06)


def test_resamples_of_the_roc_curve(random):
    positive = random.random(120) < 0.5
    common = random.normal(size=120)
    scores = np.stack(
        [positive + 2 * common, 1.5 * positive + 2 * common + random.normal(size=120)]
    )
    outcome = AreaUnderCurve(scores, positive)
    rows = np.arange(120)
    found = outcome.resampled_gains(0, 1, rows, 1050, random)
    expected = index_bootstrap(outcome, rows, 1050)
    assert found.shape == (1050,)
    assert found.mean() == pytest.approx(expected.mean(), abs=0.005)
    assert found.std() == pytest.approx(expected.std(), rel=0.1)


def moves_of(distances, moved="both"):
    """Moves with shifts around 0 that leave the centres this far apart."""
    shifts = np.arange(len(distances)) - len(distances) // 2
    return pd.DataFrame({"moved": moved, "shift": shifts / 10, "centre_distance": distances})


def test_choices_are_evaluated_on_what_they_say(random):
    labels = random.integers(0, 4, 200)
    moves = pd.concat(
        [moves_of([0.9, 0.6, 0.3, 0.1, -0.2]), moves_of([0.8, 0.5, 0.3, 0.2, 0.15], "texts")]
    )
    moves = moves.reset_index(drop=True)
    right = random.random((10, 200)) < random.uniform(0.3, 0.7, 200)
    outcomes = {"top_1": Accuracy(right, np.zeros(200, dtype=int), 0.3)}
    table = shift_gains(moves, outcomes, labels, 500, 3).set_index(["moved", "choice"])
    first, second = halves(labels, np.random.default_rng(3))
    for start, moved in ((2, "both"), (7, "texts")):
        places = np.arange(5) + start - 2
        best = places[right[places].mean(axis=1).argmax()]
        chosen = places[right[places][:, first].mean(axis=1).argmax()]
        closed = {"both": 3, "texts": 9}[moved]
        for choice, place, rows in (
            ("best", best, np.arange(200)),
            ("held_out", chosen, second),
            ("closed", closed, np.arange(200)),
        ):
            row = table.loc[(moved, choice)]
            assert row["shift"] == moves["shift"][place]
            assert row.centre_distance == moves.centre_distance[place]
            assert row.own_distance == moves.centre_distance[start]
            assert row.images == len(rows)
            assert row.before == pytest.approx(right[start, rows].mean())
            assert row.after == pytest.approx(right[place, rows].mean())
            assert row.gain == pytest.approx(row.after - row.before)
            assert row.gain_low <= row.gain <= row.gain_high
            assert row.mcnemar_p == mcnemar(
                (right[place, rows] & ~right[start, rows]).sum(),
                (right[start, rows] & ~right[place, rows]).sum(),
            )
            counts = right[start, rows].sum(), right[place, rows].sum(), len(rows)
            assert row.chi_squared_p == chi_squared_p(*counts)


def test_halves_share_every_class(random):
    labels = random.integers(0, 6, 301)
    first, second = halves(labels, random)
    assert sorted([*first, *second]) == list(range(301))
    difference = np.bincount(labels[first]) - np.bincount(labels[second])
    assert np.abs(difference).max() <= 1
    assert list(first) != list(halves(labels, random)[0])


def test_of_equal_shifts_the_one_nearest_to_the_model_as_it_is():
    moves = moves_of([0.9, 0.6, 0.3, 0.1, -0.5])
    together = np.zeros(4, dtype=int)
    right = np.ones((5, 4), dtype=bool)
    row = shift_gains(moves, {"m": Accuracy(right, together, 0)}, together, 50, 0).iloc[0]
    assert (row["shift"], row.gain, row.gap, row.mcnemar_p) == (0, 0, "same", 1)
    right[:3, 0] = False
    row = shift_gains(moves, {"m": Accuracy(right, together, 0)}, together, 50, 0).iloc[0]
    assert (row["shift"], row.gain, row.gap) == (0.1, 0.25, "smaller")
    right[3, 0] = False
    row = shift_gains(moves, {"m": Accuracy(right, together, 0)}, together, 50, 0).iloc[0]
    # Beyond each other the centres are further apart again.
    assert (row["shift"], row.gap) == (0.2, "larger")


def test_the_best_of_equal_shifts_gains_and_a_held_out_choice_does_not():
    moves = moves_of(np.linspace(1, -1, 41))
    gains = []
    for seed in range(30):
        right = np.random.default_rng(seed).random((41, 200)) < 0.5
        outcomes = {"top_1": Accuracy(right, np.zeros(200, dtype=int), 0.5)}
        table = shift_gains(moves, outcomes, np.zeros(200, dtype=int), 100, seed)
        gains.append(table.set_index("choice").gain)
    gains = pd.DataFrame(gains)
    assert gains.best.mean() > 0.05
    assert abs(gains.held_out.mean()) < 0.03


def test_moves_start_at_the_model_as_it_is(random):
    x, y = (normalize(random.normal(size=(30, 5)) + mean) for mean in (1, -1))
    table = move_table(x, y, gap_direction(x, y), list(SIDES), shift_grid(-1, 1, 4))
    own = table[table["shift"] == 0]
    distance = np.linalg.norm(x.mean(axis=0) - y.mean(axis=0))
    assert len(own) == 3
    np.testing.assert_allclose(own.centre_distance, distance)
    # All three ways move the modalities towards each other as the shift grows.
    assert (table.groupby("moved").centre_distance.diff().dropna() < 0).all()


def test_the_grid_of_shifts_always_has_zero():
    assert shift_grid(-2, 2, 5) == [-2, -1, 0, 1, 2]
    assert shift_grid(1, 2, 2) == [0, 1, 2]
    assert 0.3 in shift_grid(-1, 1, 21)


def test_directions_that_are_none_are_refused():
    with pytest.raises(ValueError, match="the two centres coincide"):
        gap_direction(np.eye(3), np.eye(3))
    for vector in (np.zeros(3), np.ones((2, 2)), np.array([1, np.nan])):
        with pytest.raises(ValueError, match="expected a finite vector"):
            given_direction(vector)
    np.testing.assert_allclose(given_direction([3, 4]).unit, [0.6, 0.8])
