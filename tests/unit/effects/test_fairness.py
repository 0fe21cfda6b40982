from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from modality_gap.data.embeddings import normalize
from modality_gap.effects.fairness import (
    ALL,
    best_shift,
    confusion,
    count_predictions,
    fairness_tables,
    largest_gaps,
    moved_predictions,
    outcome_rates,
    outcomes,
    prompt_table,
    range_interval,
    select_images,
    study_shifts,
)
from modality_gap.effects.moves import gap_direction

SHIFTS = [-1.0, -0.2, 0.0, 0.3, 0.75]
PUBLISHED = Path(__file__).parents[4] / "shared/reference/liang2022_fairface_confusion.csv"
RACES = ("Black", "White", "Indian", "Latino", "Middle Eastern", "Southeast Asian", "East Asian")
CRIME, BEAST = "crime_related", "non_human"
PROBES = {name: CRIME for name in ("thief", "criminal", "suspicious person")} | {
    name: BEAST for name in ("animal", "gorilla", "chimpanzee", "orangutan")
}
RACE_KINDS = {race: "own" for race in RACES} | PROBES
# liang2022, Tables 2 and 4: crime-related, non-human and their sum, in per cent, by shift and race
# (East Asian at 0.0 as it follows from the counts, for the misprinted 0.7).
PRINTED = {
    0.0: "1.0 0.1 1.1  15.5 0.2 15.7  1.2 0.0 1.2  2.8 0.1 2.8  6.3 0.0 6.3  0.5 0.0 0.5  0.6 0.0 0.6",
    -0.2: "0.8 0.1 1.0  13.2 0.4 13.7  1.1 0.0 1.1  1.9 0.1 2.0  5.2 0.0 5.2  0.3 0.0 0.3  0.6 0.0 0.6",
    0.75: "2.3 0.0 2.3  23.0 0.7 23.7  3.2 0.0 3.2  11.8 0.1 11.9  16.7 0.2 16.9  3.7 0.0 3.7  5.5 0.1 5.6",
    -1.0: "1.9 40.5 42.4  5.4 42.4 47.8  0.5 5.1 5.5  0.9 10.7 11.6  2.1 18.9 21.0  0.0 2.2 2.2  0.0 2.5 2.5",
}

COLUMNS = ["tone", "gender"]
SETTINGS = {
    "groups": ["gender"],
    "classes": {"columns": COLUMNS},
    "shifts": [-1.0, 0.3],
    "compared": {"widened": {"shift": -0.2}, "too_small": {"shift": 0.75, "exacerbates": "rogue"}},
}
OWN = [f"{tone}, {gender}" for tone in ("light", "dark") for gender in ("female", "male")]
KINDS = {name: "own" for name in OWN} | {"ape": "beast", "bear": "beast", "thief": "rogue"}


@pytest.fixture
def published():
    """Published counts, as `count_predictions` would give them."""
    if not PUBLISHED.is_file():
        pytest.skip(f"published counts are not here: {PUBLISHED.name}")
    return pd.read_csv(PUBLISHED).rename(columns={"delta": "shift"})


@pytest.fixture
def study(random):
    """300 images and seven classes in twelve dimensions with a gap, and the images' labels."""
    centre = np.array([1.5, *[0.0] * 11])
    images = normalize((random.normal(size=(300, 12)) + centre).astype(np.float32))
    classes = normalize((random.normal(size=(7, 12)) - 0.3 * centre).astype(np.float32))
    labels = pd.DataFrame(
        {
            "tone": random.choice(["light", "dark"], 300),
            "gender": random.choice(["female", "male"], 300),
        }
    )
    return images, classes, labels


def brute_predictions(images, classes, unit, shift):
    """Move, normalise, and compare by the cosine, image by image, in float64."""
    found = []
    for x in images.astype(np.float64):
        moved = x - shift * unit
        moved /= np.linalg.norm(moved)
        found.append(int(np.argmax([moved @ y for y in classes.astype(np.float64)])))
    return found


def test_predictions_equal_moving_and_normalising_every_image(study):
    images, classes, _ = study
    unit = gap_direction(images, classes).unit
    predicted = moved_predictions(images, classes, unit, SHIFTS)
    for row, shift in zip(predicted, SHIFTS, strict=True):
        assert list(row) == brute_predictions(images, classes, unit, shift)
    assert (predicted[0] != predicted[2]).mean() > 0.1


def test_distances_are_of_the_reference_whose_images_move(study, real_pairs):
    images, classes, labels = study
    reference = tuple(part[:, : images.shape[1]].astype(np.float64) for part in real_pairs)
    x, y = map(normalize, reference)
    rates = fairness_tables(images, labels, classes, KINDS, (x, y), SETTINGS)["rates"]
    gap = x.mean(axis=0) - y.mean(axis=0)
    unit = gap / np.linalg.norm(gap)
    for shift, distance in rates.groupby("shift").centre_distance.first().items():
        difference = normalize(x - shift * unit).mean(axis=0) - y.mean(axis=0)
        expected = np.sign(difference @ unit) * np.linalg.norm(difference)
        assert distance == pytest.approx(expected, abs=1e-9)


def test_tables_equal_counting_image_by_image(study):
    images, classes, labels = study
    tables = fairness_tables(images, labels, classes, KINDS, (images, classes), SETTINGS)
    unit, names = gap_direction(images, classes).unit, list(KINDS)
    own = (labels.tone + ", " + labels.gender).to_numpy()
    rates = tables["rates"].set_index(["shift", "column", "group", "kind"])
    counts = tables["confusion"].set_index(["shift", "column", "group", "predicted"])["count"]
    assert set(tables["rates"]["shift"]) == set(SHIFTS)
    before = None
    for shift in SHIFTS:
        predicted = np.array([names[k] for k in brute_predictions(images, classes, unit, shift)])
        events = {
            "beast": np.isin(predicted, ["ape", "bear"]),
            "rogue": predicted == "thief",
            "any_probe": np.isin(predicted, ["ape", "bear", "thief"]),
            "correct": predicted == own,
            "correct_tone": [
                p.split(", ")[0] == t for p, t in zip(predicted, labels.tone, strict=True)
            ],
            "correct_gender": [
                p.split(", ")[-1] == g for p, g in zip(predicted, labels.gender, strict=True)
            ],
        }
        groups = {
            (ALL, ALL): np.ones(300, dtype=bool),
            ("gender", "male"): (labels.gender == "male").to_numpy(),
            ("tone x gender", "dark, female"): own == "dark, female",
        }
        before = events if shift == 0 else before
        for group, members in groups.items():
            for kind, event in events.items():
                row = rates.loc[(shift, *group, kind)]
                assert row["count"] == np.sum(np.asarray(event) & members)
                assert row.images == members.sum()
                assert row.rate == pytest.approx(row["count"] / row.images)
        for name in names:
            found = counts[shift, "tone x gender", "dark, female", name]
            assert found == ((predicted == name) & (own == "dark, female")).sum()
        if shift == 0.75:
            after = events
    changed = tables["changes"].set_index(["comparison", "column", "group", "kind"])
    row = changed.loc[("too_small", "gender", "male", "rogue")]
    male = (labels.gender == "male").to_numpy()
    first, last = ((before_after["rogue"] & male) for before_after in (before, after))
    assert (row.gained, row.lost) == ((last & ~first).sum(), (first & ~last).sum())
    assert row.gained != row.lost
    assert row.difference == pytest.approx((last.sum() - first.sum()) / male.sum())
    assert (row.before, row.after) == (first.sum() / male.sum(), last.sum() / male.sum())
    assert row.exacerbates == "rogue"
    assert row.p == binomtest(int(row.gained), int(row.gained + row.lost)).pvalue


def test_tables_follow_the_order_of_the_classes_and_name_the_comparisons(study):
    images, classes, labels = study
    tables = fairness_tables(images, labels, classes, KINDS, (images, classes), SETTINGS)
    crossed = tables["confusion"].query("column == 'tone x gender'")
    assert list(crossed.group.unique()) == OWN
    assert list(crossed.predicted.unique()) == list(KINDS)
    labels = labels.assign(age=np.resize(["10-19", "3-9", "more than 70"], 300))
    settings = SETTINGS | {"groups": ["age"]}
    ages = fairness_tables(images, labels, classes, KINDS, (images, classes), settings)["rates"]
    assert list(ages.query("column == 'age'").group.unique()) == ["3-9", "10-19", "more than 70"]
    named = tables["rates"].dropna(subset="comparison").groupby("comparison")["shift"].unique()
    assert {key: list(value) for key, value in named.items()} == {
        "original": [0.0],
        "widened": [-0.2],
        "too_small": [0.75],
    }
    best = tables["rates"].query("best")["shift"].unique()
    assert list(best) == [best_shift(tables["rates"])]


def test_the_papers_tables_follow_from_the_published_counts(published):
    rates = outcome_rates(published, ["race"], RACE_KINDS, ["race"])
    rates = rates.set_index(["shift", "group", "kind"]).rate
    for shift, printed in PRINTED.items():
        found = [
            100 * rates[shift, race, kind] for race in RACES for kind in (CRIME, BEAST, "any_probe")
        ]
        assert [f"{value:.1f}" for value in found] == printed.split()
    # Table 2 prints 0.7% for it, crime-related and sum.
    assert rates[0.0, "East Asian", "any_probe"] == 10 / 1550


def test_race_alone_is_right_more_often_than_race_and_gender(published):
    """The paper's accuracies (6,372 → 6,287 images) count race and gender; race alone has more.

    Either way the drop is not the printed 0.0008: 0.0078 of both, 0.0096 of race alone.
    """
    rates = outcome_rates(published, ["race"], RACE_KINDS, ["race"])
    correct = rates[(rates.column == ALL) & (rates.kind == "correct")].set_index("shift")
    assert set(rates.kind) == {CRIME, BEAST, "any_probe", "correct"}
    assert set(correct.images) == {10954}
    assert dict(correct["count"]) == {0.0: 6781, -0.2: 6676, -1.0: 4675, 0.75: 6552}
    assert correct.rate[0.0] - correct.rate[-0.2] == pytest.approx(0.0096, abs=5e-5)


def test_the_papers_claim_on_all_races_holds_for_the_sums_only(published):
    rates = outcome_rates(published, ["race"], RACE_KINDS, ["race"])
    counts = rates[rates.column == "race"].pivot(
        index=["kind", "group"], columns="shift", values="count"
    )
    change = counts[-0.2] - counts[0.0]
    assert (change["any_probe"] < 0).all()
    assert dict(change[BEAST][change[BEAST] > 0]) == {"White": 5, "Black": 1}


def test_two_groups_get_newcombes_published_interval():
    """56/70 − 48/80: [0.0524, 0.3339] (Newcombe 1998, Table II, method 10)."""
    low, high = range_interval(np.array([48, 56]), np.array([80, 70]))
    assert (round(low, 4), round(high, 4)) == (0.0524, 0.3339)


def test_the_range_of_equal_groups_is_not_called_a_difference(random):
    n = np.array([80, 80, 300, 40, 80, 120])
    above = np.mean([range_interval(random.binomial(n, 0.1), n)[0] > 0 for _ in range(2000)])
    assert above < 0.05


def test_the_range_of_unequal_groups_is_covered(random):
    n, truth = np.array([80, 60, 90, 70]), np.array([0.05, 0.1, 0.3, 0.28])
    limits = np.array([range_interval(random.binomial(n, truth), n) for _ in range(2000)])
    covered = (limits[:, 0] <= 0.25) & (limits[:, 1] >= 0.25)
    assert covered.mean() > 0.95
    assert (limits[:, 0] > 0).mean() > 0.5


def test_best_shift_prefers_the_smallest_of_equals():
    rates = pd.DataFrame(
        {"shift": [-0.5, -0.1, 0.4, 0.6], "column": ALL, "kind": "correct", "count": [9, 9, 9, 8]}
    )
    assert best_shift(rates) == -0.1


def test_shifts_are_those_of_grid_list_and_comparison_and_zero():
    compared = {"widened": {"shift": -0.3}}
    grid = {"first": -1, "last": 1, "number": 3}
    assert study_shifts({"shifts": grid, "compared": compared}) == [-1, -0.3, 0, 1]
    assert study_shifts({"compared": compared}) == [-0.3, 0]


def test_images_without_a_label_or_class_are_left_out():
    images = pd.DataFrame(
        {
            "tone": ["light", None, "dark", "light, dark", "light"],
            "gender": ["male", "male", "male", "male", "male"],
            "subject": ["person", "person", "person", "person", "fairy"],
            "age": ["3", "3", None, "3", "3"],
        }
    )
    person, men = {"subject": ["person"]}, ["light, male", "dark, male"]
    found, notes = select_images(images, person, ["gender"], COLUMNS, men)
    assert list(found.index) == [0, 2]
    assert list(found) == ["tone", "gender"]
    assert "belong to none of the classes" in notes[-1]
    aged, notes = select_images(images, person, ["gender x age"], COLUMNS, men[:1])
    assert list(aged.index) == [0]
    assert "images lack a label among tone, gender, age and are left out" in notes[0]
    with pytest.raises(ValueError, match="'drak, male': no image has these labels.*dark, male"):
        select_images(images, person, ["gender"], COLUMNS, [*men, "drak, male"])


@pytest.mark.parametrize(
    ("where", "groups", "words"),
    [({"age": ["9"]}, [], "no column 'age'"), ({}, ["tone x age"], "no column 'age'"),
     ({"gender": ["other"]}, [], "no image has these labels")],
)  # fmt: skip
def test_labels_that_are_not_there_are_named(where, groups, words):
    images = pd.DataFrame({"tone": ["light"], "gender": ["male"]})
    with pytest.raises(ValueError, match=words):
        select_images(images, where, groups, COLUMNS, OWN)


def test_prompts_name_classes_kinds_and_texts():
    table = prompt_table(["tone"], {"light": ["a", "b"]}, {"beast": {"ape": "c"}})
    assert table.to_numpy().tolist() == [
        ["light", "own", "a"],
        ["light", "own", "b"],
        ["ape", "beast", "c"],
    ]


@pytest.mark.parametrize(
    ("prompts", "probes", "words"),
    [
        ({"light": "a"}, {}, "expected a value for each of tone, gender"),
        ({"light, male": "a"}, {"beast": {"light, male": "b"}}, "occurs twice"),
        ({"light, male": "a"}, {"own": {"ape": "b"}}, "expected another name"),
    ],
)
def test_classes_that_are_none_are_named(prompts, probes, words):
    with pytest.raises(ValueError, match=words):
        prompt_table(COLUMNS, prompts, probes)


def test_a_predicted_class_of_no_kind_is_named():
    table = pd.DataFrame({"tone": ["light"], "gender": ["male"], "predicted": ["wolf"]})
    with pytest.raises(ValueError, match="'wolf' has no kind"):
        outcomes(table, KINDS, COLUMNS)


def test_counts_of_predictions_leave_out_what_never_occurs():
    labels = pd.DataFrame({"tone": ["light", "dark", "light"]})
    cells = count_predictions(np.array([[0, 1, 0], [2, 2, 0]]), [0.0, 1.0], labels, list("abc"))
    assert cells.to_numpy().tolist() == [
        [0.0, "dark", "b", 1],
        [0.0, "light", "a", 2],
        [1.0, "dark", "c", 1],
        [1.0, "light", "a", 1],
        [1.0, "light", "c", 1],
    ]


def test_largest_gaps_name_the_groups(published):
    rates = outcome_rates(published, ["race"], RACE_KINDS, ["race"])
    gaps = largest_gaps(rates).set_index(["shift", "kind"])
    row = gaps.loc[(0.0, CRIME)]
    assert (row.highest, row.lowest) == ("White", "Southeast Asian")
    assert row.difference == pytest.approx(324 / 2085 - 7 / 1415)
    assert 0 < row.low < row.difference < row.high


def test_the_range_is_between_the_widest_pairs_of_brute_force(random):
    n = random.integers(20, 200, 5)
    count = random.binomial(n, random.uniform(0, 0.5, 5))
    lows, highs = [], []
    for i, j in combinations(range(5), 2):
        for one, other in ((i, j), (j, i)):
            (a, l1, u1), (b, l2, u2) = (
                (
                    count[k] / n[k],
                    *binomtest(int(count[k]), int(n[k])).proportion_ci(0.995, "wilson"),
                )
                for k in (one, other)
            )
            lows.append(a - b - np.sqrt((a - l1) ** 2 + (u2 - b) ** 2))
            highs.append(a - b + np.sqrt((u1 - a) ** 2 + (b - l2) ** 2))
    found = range_interval(count, n)
    assert found == pytest.approx((max(0, max(lows)), max(highs)), abs=1e-12)


def test_the_published_confusion_table_is_kept(published):
    table = confusion(published, ["race"], list(RACE_KINDS))
    assert table["count"].sum() == 4 * 10954
    found = table.set_index(["shift", "group", "predicted"])["count"]
    assert found[0.0, "Black", "Black"] == 1314
    assert len(table) == 4 * 7 * 14
