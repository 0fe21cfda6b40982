import re

import numpy as np
import pandas as pd
import pytest

from modality_gap.claims.mitigations import (
    GUARD,
    GUARDED,
    NO,
    SAME,
    YES,
    advice,
    advice_columns,
    mitigations_claims,
    rise,
)
from modality_gap.claims.verdicts import FAILS, HOLDS, UNDECIDED
from modality_gap.closing.mitigations import DIRECTIONS, NOISE, RECALL
from modality_gap.closing.ways import MITIGATIONS, NAMES

ALL = MITIGATIONS[1:]
NUMBER = len(ALL)


def table_of(**changes):
    """A table of no change, but for `way=(recall, guarded)`, in both directions."""
    rows = []
    for name in MITIGATIONS:
        recall, guarded = changes.get(name, (0, 0))
        for direction in DIRECTIONS:
            for measure, change in ((RECALL, recall), *((kind, guarded) for kind in GUARDED)):
                rows.append((name, direction, measure, change, change - 0.02, change + 0.02))
    columns = ["mitigation", "direction", "measure", "change", "change_low", "change_high"]
    return pd.DataFrame(rows, columns=columns).assign(queries=100, units=50)


def test_a_way_that_costs_recall_in_one_direction_is_no_remedy():
    table = table_of(centring=(0, 0.2))
    costs = (
        (table.mitigation == "centring")
        & (table.measure == RECALL)
        & (table.direction == "text_to_image")
    )
    table.loc[costs, ["change", "change_low", "change_high"]] = [-0.1, -0.12, -0.08]
    assert advice(table) == (
        f"It makes no measurable difference: {NUMBER - 1} of {NUMBER} ways cost no recall@1 beyond its interval, "
        "and none gains more than chance gives one of so many."
    )


def test_only_what_gained_is_told():
    table = table_of(centring=(0, 0.2))
    stored = (table.mitigation == "centring") & (table.measure == GUARDED[1])
    table.loc[stored, ["change", "change_low", "change_high"]] = [0.2, -0.1, 0.5]
    answer = advice(table)
    assert answer.startswith("Only where embeddings are perturbed, by centring: nearest kept")
    assert "quantized" not in answer


def test_a_rise_counts_beyond_an_interval_for_all_ways():
    """As many normal changes as ways and directions, without effect: in 95 of 100 studies none rises."""
    random, number = np.random.default_rng(0), len(DIRECTIONS) * NUMBER
    changes = random.normal(size=(20_000, number)) * 0.1
    rows = pd.DataFrame({"change": changes.ravel(), "change_low": changes.ravel() - 0.195996})
    assert 0.02 < rise(rows).to_numpy().reshape(-1, number).any(axis=1).mean() < 0.03


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, f"It makes no measurable difference: {NUMBER} of {NUMBER} ways"),
        (dict.fromkeys(ALL, (-0.1, 0.3)), f"No: each of {NUMBER} ways lowers"),
        (
            {"shift": (-0.1, 0.3), "centring": (0, 0.1)},
            "Only where embeddings are perturbed or stored in few bits, by centring: nearest",
        ),
        (
            {"shift": (0.1, -0.1), "realign": (0, 0.2)},
            r"Yes, by shift along the gap: recall@1 .*\+0.100 [^;]*\.$",
        ),
        ({"centring": (0.1, 0.1)}, "Yes, by centring: .*; nearest kept .*; quant"),
        ({"centring": (0.005, 0.009)}, "It makes no measurable difference"),
        (
            {"centring": (0, 0.2), "collapse_and_corrupt": (-0.015, 0.205)},
            "Only where embeddings are perturbed or stored in few bits, by centring: ",
        ),
    ],
)
def test_the_answer_follows_from_the_table(changes, words):
    assert re.match(words, advice(table_of(**changes)))


@pytest.mark.parametrize(
    ("changes", "verdicts"),
    [
        ({"projection": (0, 0.1), "shift": (-0.1, 0)}, [HOLDS]),
        ({"projection": (-0.1, -0.1)}, [FAILS]),
        ({"projection": (0.05, 0)}, [UNDECIDED]),
    ],
)
def test_claims_are_judged_by_their_intervals(changes, verdicts):
    assert [claim[2] for claim in mitigations_claims(table_of(**changes))] == verdicts
    assert NOISE in GUARDED


def test_a_way_that_is_not_defined_is_said_and_undecided():
    table = table_of()
    table.loc[table.mitigation == "projection", ["change", "change_low", "change_high"]] = np.nan
    judged = next(iter(mitigations_claims(table)))
    assert judged[2:4] == (UNDECIDED, f"{NAMES['projection']} is not defined here")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (SAME, None, None, None)),
        (dict.fromkeys(ALL, (-0.1, 0.3)), (NO, None, None, None)),
        ({"centring": (0, 0.1)}, (GUARD, "centring", NOISE, 0.1)),
        ({"shift": (0.1, -0.1), "realign": (0, 0.2)}, (YES, "shift", RECALL, 0.1)),
    ],
)
def test_the_answer_as_columns_says_what_the_sentence_says(changes, expected):
    table = table_of(**changes)
    table["change"] = table.change - 0.001 * (table.direction == DIRECTIONS[0])
    found = advice_columns(table)
    keys = ("advice", "advice_way", "advice_measure", "advice_change")
    assert tuple(found.get(key) for key in keys) == expected
    if found.get("advice_way"):
        change, low, high = (found[f"advice_change{end}"] for end in ("", "_low", "_high"))
        assert found["advice_direction"] == DIRECTIONS[1]
        assert f"text→image {change:+.3f} [{low:+.3f}, {high:+.3f}]" in advice(table)
