"""Copies of every image change no interval, in a table of every section: a copy is no further evidence."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from modality_gap.closing.choices import retrieval_task
from modality_gap.closing.mitigations import halves, mitigation_table
from modality_gap.closing.quantization import quantization_table
from modality_gap.closing.rephrased_texts import CLEAN
from modality_gap.closing.rephrasing import answer_table, each_template_table, template_table
from modality_gap.closing.robustness import robustness_tables
from modality_gap.data.embeddings import normalize
from modality_gap.effects.fairness import fairness_tables
from modality_gap.effects.gains import Accuracy, AreaUnderCurve, gains_of_units, shift_gains
from modality_gap.effects.gains import halves as halves_of_labels
from modality_gap.effects.moved_gap import shifted_recall_table, zero_shot_table
from modality_gap.effects.moves import gap_direction
from modality_gap.measures.intervals import mean_interval

N, TIMES = 60, 4
SHIFTS = [-0.5, 0.0, 0.5, 1.0]
UNITS = np.arange(N)
COPIES = np.tile(UNITS, TIMES)
# Numbers of images, and where the first of equal ones stands.
COUNTED = ["images", "queries", "count", "gained", "lost", "flipped", "chi_squared_p"]


@pytest.fixture
def pair(random):
    content = random.normal(size=(N, 9))
    sides = (content + 0.9 * random.normal(size=(N, 9)) + mean for mean in (0.5, -0.5))
    return tuple(normalize(rows) for rows in sides)


def pairs_of(units):
    """Every image with two texts: its own, and that of the next one."""
    return np.concatenate([[(row, u), (row, (u + 1) % N)] for row, u in enumerate(units)])


def assert_same(copies, originals, naive, end="high"):
    """The same numbers but counts of images; more images than units; too narrow without units."""
    assert (copies.units == originals.units).all()
    left = [name for name in COUNTED if name in originals]
    pd.testing.assert_frame_equal(
        copies.drop(columns=left), originals.drop(columns=left), rtol=1e-6, atol=1e-9
    )
    low = end.replace("high", "low")
    width, narrow = (table[end] - table[low] for table in (copies, naive))
    assert (width > 0).any()
    assert narrow.mean() < 0.7 * width.mean()


def quantized(images, texts, units, said):
    return quantization_table(
        images[units],
        texts,
        pairs_of(units),
        images.mean(axis=0) - texts.mean(axis=0),
        {"dimension_range": [2, 3]},
        [0.0, 0.5, 1.0],
        5,
        10_000,
        0,
        said,
    )


def test_quantization(pair):
    found = quantized(*pair, COPIES, COPIES)
    assert_same(found, quantized(*pair, UNITS, None), quantized(*pair, COPIES, None))
    assert (found.units == N).all()
    assert (found.queries == N * TIMES).all()


def test_what_is_kept_beyond_the_whole_gap_is_a_paired_difference(pair):
    table = quantized(*pair, UNITS, None).set_index(["scheme", "bits", "alpha", "measure"])
    at = [table.xs(alpha, level="alpha") for alpha in (0.0, 1.0)]
    np.testing.assert_allclose(at[0].beyond_whole, -at[1].change, atol=1e-12)
    np.testing.assert_allclose(at[0].beyond_whole_high, -at[1].change_low, atol=1e-12)
    assert (at[1].beyond_whole == 0).all()
    half = at[0].beyond_whole_high - at[0].beyond_whole
    apart = np.hypot(*(part.high - part["mean"] for part in at))
    assert 0 < half.mean() < 0.95 * apart.mean()


def mitigated(reference, images, texts, units, said):
    pairs = pairs_of(units)
    matched = np.arange(len(pairs)) % 2 == 0
    table = mitigation_table(
        reference,
        images[units],
        texts,
        pairs,
        matched,
        said,
        kept_variance=0.8,
        deviation=0.1,
        draws=2,
        scheme="dimension_range",
        bits=3,
        queries=10_000,
        seed=0,
    )
    # Noise falls on each copy by itself: where copies are looked for, and where a way makes noise.
    own_noise = (table.mitigation == "collapse_and_corrupt") & (table.measure == "modality_gap")
    return table[(table.direction == "image_to_text") & ~own_noise].reset_index(drop=True)


def test_mitigations(pair, random):
    reference = tuple(normalize(rows + 0.2 * random.normal(size=(N, 9))) for rows in pair)
    asked = (reference, *pair)
    alone = np.arange(N * TIMES)
    originals = mitigated(*asked, UNITS, UNITS)
    assert_same(mitigated(*asked, COPIES, COPIES), originals, mitigated(*asked, COPIES, alone))


def test_captions_of_one_image_are_one_query(pair):
    """Each image has two of the texts, and both ask for it."""
    images, texts = pair
    pairs = np.column_stack([np.arange(N) // 2, np.arange(N)])
    matched = np.arange(N) % 2 == 0
    settings = {"kept_variance": 0.8, "deviation": 0.1, "draws": 1, "scheme": "sign", "bits": 1}
    settings |= {"queries": 10_000, "seed": 0}
    half = images[: N // 2]
    table = mitigation_table(pair, half, texts, pairs, matched, UNITS[: N // 2], **settings)
    back = table[(table.direction == "text_to_image") & (table.measure == "recall@1")]
    assert (back.queries == N).all()
    assert (back.units == N // 2).all()


def test_a_unit_lies_in_one_half(pair):
    images, texts = pair
    pairs = np.column_stack([np.arange(N * TIMES), COPIES])
    matched = np.ones(len(pairs), dtype=bool)
    (fitted, _), (rest, *_, units) = halves(images[COPIES], texts, pairs, matched, COPIES, 0)
    assert len(fitted) == len(rest) == N * TIMES // 2
    assert not (fitted[:, None] == rest).all(axis=-1).any()
    assert len(np.unique(units)) == units.max() + 1 == N // 2
    labels = np.arange(N) % 3
    for half in halves_of_labels(labels[COPIES], np.random.default_rng(0), COPIES):
        assert np.bincount(labels[COPIES[half]]).tolist() == [N * TIMES // 6] * 3
        assert (np.bincount(COPIES[half], minlength=N) % TIMES == 0).all()


@pytest.fixture
def wordings(pair, random):
    """Each text in three wordings: of every kind that a table of texts may have."""
    rows = [
        (item, item, kind, name, f"{name} {item}")
        for kind, name in ((CLEAN, "own"), ("template", "a"), ("caption", "b"))
        for item in range(N)
    ]
    table = pd.DataFrame(rows, columns=["item", "group", "kind", "name", "text"])
    texts = np.concatenate(
        [normalize(pair[1] + s * random.normal(size=(N, 9))) for s in (0, 0.3, 0.6)]
    )
    return table, texts


@pytest.mark.parametrize("measure", [answer_table, template_table, each_template_table])
def test_rephrasing(pair, wordings, measure):
    images, _ = pair
    table, texts = wordings

    def found(rows, said):
        ids = [[f"i{row}" for row in rows]] if measure is each_template_table else []
        more = [4] if measure is answer_table else []
        asked = table, texts, texts[:N].mean(axis=0), [0.0, 0.5, 1.0], *more, said
        return measure(images[rows], list(rows), *ids, *asked)

    end = "change_high" if measure is each_template_table else "high"
    assert_same(found(COPIES, COPIES), found(UNITS, None), found(COPIES, None), end)


def test_robustness(pair):
    """Intervals are of the noise, for the queries that there are: whatever copies these have."""
    images, texts = pair
    found = [
        robustness_tables(
            {"forth": retrieval_task(images[units], texts, pairs_of(units), units)},
            0.8,
            [0.0, 1.0],
            [0.1],
            ["gaussian"],
            0.1,
            [0.2],
            5,
            0,
        )
        for units in (UNITS, COPIES)
    ]
    for name in found[0]:
        # Each of as many copies asks: of these, centre and directions are those of the originals.
        pd.testing.assert_frame_equal(found[0][name], found[1][name], atol=1e-9)


TWICE = np.repeat(np.arange(N // 2), 2)


def copies_of(units):
    return np.tile(np.arange(N), TIMES), np.tile(units, TIMES)


def test_shifted_recall(pair):
    """A sample of units is the same sample whatever number of copies there are: to the last digit."""
    images, texts = pair

    def gains(rows, said):
        pairs = np.column_stack([np.arange(len(rows)), rows])
        matched = np.ones(len(rows), dtype=bool)
        asked = ["images", "texts"], SHIFTS, [1], 500, 0, said
        return shifted_recall_table(images[rows], texts, pairs, matched, *asked)[1]

    rows, units = copies_of(TWICE)
    found, originals = gains(rows, units), gains(np.arange(N), TWICE)
    naive = gains(rows, np.arange(len(rows)))
    forth = found.direction == "image_to_text"
    assert_same(found[forth], originals[forth], naive[forth], "gain_high")
    # Of texts there are no copies, and two of them are of one unit.
    pd.testing.assert_frame_equal(found[~forth], originals[~forth])
    assert (found.groupby("choice").units.unique().map(list).to_dict()) == {
        "best": [N // 2],
        "closed": [N // 2],
        "held_out": [N // 4],
    }
    with pytest.raises(ValueError, match="1 independent images or queries, expected at least 4"):
        gains(np.arange(N), np.zeros(N, dtype=int))


def test_zero_shot(pair):
    images, texts = pair
    classes, labels = texts[:2], np.arange(N) // 2 % 2
    direction = {"task": gap_direction(images, classes)}

    def gains(rows, said):
        asked = direction, ["images", "both"], SHIFTS, 1, 500, 0, said
        return zero_shot_table(images[rows], classes, labels[rows], *asked)[1]

    rows, units = copies_of(TWICE)
    found, originals = gains(rows, units), gains(np.arange(N), TWICE)
    assert set(found.metric) == {"top_1", "mean_per_class", "roc_auc"}
    assert_same(found, originals, gains(rows, None), "gain_high")


@pytest.mark.parametrize("metric", ["mean_per_class", "roc_auc"])
def test_resampled_units_equal_a_bootstrap_by_hand(random, metric):
    """Units of 1 to 4 images of one class: resampled one by one, all their images with them."""
    units = np.repeat(np.arange(50), random.integers(1, 5, 50))
    positive = (units % 2).astype(bool)
    scores = random.normal(size=(2, 50))[:, units] + 0.3 * random.normal(size=(2, len(units)))
    scores += [[0.5], [1.0]] * positive
    outcome = AreaUnderCurve(scores, positive)
    everything = np.arange(len(units))
    if metric == "mean_per_class":
        right = (scores > 0) == positive
        change = right[1].astype(float) - right[0]
        found = gains_of_units(change, units % 2, units, 2_000, random)
    else:
        found = outcome.resampled_gains(0, 1, everything, 2_000, random, units)
    expected = []
    for _ in range(2_000):
        odd, even = (random.choice(np.arange(first, 50, 2), 25) for first in (1, 0))
        drawn = np.r_[odd, even] if metric == "roc_auc" else random.choice(50, 50)
        rows = np.concatenate([np.flatnonzero(units == unit) for unit in drawn])
        if metric == "roc_auc":
            area = (
                outcome.scores[:, rows[positive[rows]], None]
                > scores[:, None, rows[~positive[rows]]]
            )
            expected.append(np.diff(area.mean(axis=(1, 2))).item())
        else:
            expected.append(
                np.mean([change[rows[units[rows] % 2 == own]].mean() for own in (0, 1)])
            )
    assert np.std(found) == pytest.approx(np.std(expected), rel=0.08)
    assert np.mean(found) == pytest.approx(np.mean(expected), abs=0.02)
    alone = outcome.resampled_gains(0, 1, everything, 500, random, units // 25 * 2 + positive)
    assert len(alone) == 500
    assert np.isnan(outcome.resampled_gains(0, 1, everything, 5, random, units % 2)).all()


@pytest.mark.parametrize("units", [[0, 0, 1, 1, 2], [0, 1, 2]])
def test_a_half_of_a_single_unit_judges_nothing(units):
    moves = pd.DataFrame({"moved": "both", "shift": [0.0, 1.0], "centre_distance": [0.5, 0.1]})
    labels = np.zeros(len(units), dtype=int)
    outcomes = {"top_1": Accuracy(np.ones((2, len(units)), dtype=bool), labels, 0.5)}
    with pytest.raises(ValueError, match="3 independent images or queries, expected at least 4"):
        shift_gains(moves, outcomes, labels, 50, 0, np.array(units))


KINDS = {"light, a": "own", "dark, a": "own", "ape": "beast"}
FAIRNESS = {
    "groups": ["tone", "of"],
    "classes": {"columns": ["tone", "of"], "prompts": {}},
    "shifts": SHIFTS,
    "compared": {"closed": {"shift": 0.5}},
}


def test_fairness(pair):
    images, texts = pair
    labels = pd.DataFrame({"tone": np.where(np.arange(N) % 3, "light", "dark"), "of": "a"})

    def tables(rows, said):
        own = labels.loc[rows].reset_index(drop=True)
        return fairness_tables(images[rows], own, texts[:3], KINDS, pair, FAIRNESS, said)

    found, originals = tables(COPIES, COPIES), tables(UNITS, None)
    naive = tables(COPIES, None)
    assert (found["rates"].images == TIMES * originals["rates"].images).all()
    assert (naive["rates"].units == naive["rates"].images).all()
    for name in ("rates", "changes", "gaps"):
        more = [
            table[name].assign(units=table[name].get("units", 0)) for table in (found, originals)
        ]
        narrow = naive[name]
        assert_same(*more, narrow.assign(low=narrow.low * 1, high=narrow.high * 1))
    row = found["changes"].query("column == 'all' and kind == 'correct'").iloc[0]
    gained, lost = row.gained // TIMES, row.lost // TIMES
    assert row.p == pytest.approx(binomtest(gained, gained + lost).pvalue if gained + lost else 1)


def test_a_group_of_one_unit_has_no_interval(pair):
    images, texts = pair
    labels = pd.DataFrame({"tone": np.where(np.arange(N) % 3, "light", "dark"), "of": "a"})
    units = np.where(labels.tone == "dark", 0, np.arange(N))
    tables = fairness_tables(images, labels, texts[:3], KINDS, pair, FAIRNESS, units)
    dark = tables["rates"].query("column == 'tone' and group == 'dark'")
    assert (dark.units == 1).all()
    assert dark[["low", "high"]].isna().all(axis=None)
    light = tables["rates"].query("column == 'tone' and group == 'light'")
    assert light[["low", "high"]].notna().all(axis=None)
    across = tables["gaps"].query("column == 'tone'")
    assert across[["low", "high"]].isna().all(axis=None)


def test_values_of_copies_are_means_of_their_units(random):
    """A closed form: units of one size are as their means, whatever is within them."""
    values = random.normal(size=(25, 4)) + random.normal(size=(25, 1))
    units = np.repeat(np.arange(25), 4)
    assert mean_interval(values.ravel(), 1, units) == pytest.approx(
        mean_interval(values.mean(axis=1))
    )
