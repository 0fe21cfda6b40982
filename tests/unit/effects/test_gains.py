import numpy as np
import pandas as pd
import pytest

from modality_gap.effects.gains import Accuracy, AreaUnderCurve, chi_squared_p, halves, shift_gains
from modality_gap.measures.intervals import mcnemar


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
                right[place, rows].astype(int) - right[start, rows].astype(int)
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
