import numpy as np
import pandas as pd
import pytest

from modality_gap.claims import verdicts
from modality_gap.claims.verdicts import (
    COLUMNS,
    FAILS,
    HOLDS,
    PARTLY,
    UNDECIDED,
    all_judges,
    in_how_many,
    joint,
    judge,
    judges,
    rises,
    sign,
    signed,
    stays,
)


@pytest.mark.parametrize(
    ("low", "high", "claimed", "verdict"),
    [
        (0.1, 0.2, 1, HOLDS),
        (0.1, 0.2, -1, FAILS),
        (-0.2, -0.1, -1, HOLDS),
        (-0.1, 0.1, 1, UNDECIDED),
        (np.nan, np.nan, 1, UNDECIDED),
    ],
)
def test_an_interval_decides_unless_it_holds_zero(low, high, claimed, verdict):
    assert sign(low, high, claimed) == verdict


def test_a_change_is_told_with_its_interval_where_that_is_known():
    assert signed(0.1, -0.05, 0.25) == "+0.100 [-0.050, +0.250]"
    assert signed(-0.1, np.nan, np.nan) == "-0.100"


def test_no_tables_make_no_claims():
    assert judge({}).empty


def changes(*rows):
    return pd.DataFrame(rows, columns=["change", "change_low", "change_high"])


UP, TRIFLE, DOWN, UNKNOWN = (
    (0.1, 0.05, 0.15),
    (0.002, 0.001, 0.003),
    (-0.1, -0.2, -0.05),
    (0, -1, 1),
)


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ([UP, UP], HOLDS),
        ([UP, DOWN], PARTLY),
        ([TRIFLE, DOWN], FAILS),
        ([UNKNOWN, TRIFLE], UNDECIDED),
    ],
)
def test_a_rise_is_more_than_its_interval_and_more_than_a_trifle(rows, verdict):
    assert rises(changes(*rows)) == verdict


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [([UP, TRIFLE], HOLDS), ([UP, DOWN], FAILS), ([TRIFLE, UNKNOWN], UNDECIDED)],
)
def test_staying_is_no_fall(rows, verdict):
    assert stays(changes(*rows)) == verdict


@pytest.mark.parametrize(
    ("verdicts", "verdict"),
    [
        ([HOLDS, HOLDS], HOLDS),
        ([HOLDS, FAILS], PARTLY),
        ([HOLDS, UNDECIDED], PARTLY),
        ([FAILS, FAILS], FAILS),
        ([FAILS, UNDECIDED], UNDECIDED),
    ],
)
def test_a_claim_holds_in_part_where_it_holds_in_some_case(verdicts, verdict):
    assert joint(verdicts) == verdict
    assert in_how_many(verdicts).endswith("of 2 cases")
    assert in_how_many([PARTLY, FAILS]) == "holds in 0, in part in 1, and fails in 1 of 2 cases"


def test_of_many_cases_more_must_hold_than_by_chance():
    """Of 20 intervals at 95%, one lies above 0 by chance in 1 − 0.975²⁰ = 40% of all trials."""
    assert joint([HOLDS] + [UNDECIDED] * 19) == UNDECIDED
    assert joint([HOLDS] * 3 + [UNDECIDED] * 17) == PARTLY
    assert joint([HOLDS] + [FAILS] * 19) == PARTLY  # none undecided: nothing is left to chance
    assert rises(changes(UP, *[UNKNOWN] * 19)) == UNDECIDED
    assert rises(changes(*[UP] * 3, *[UNKNOWN] * 17)) == PARTLY


def test_every_topic_judges_tables_of_its_own():
    found = all_judges()
    assert len({judge.claims.__module__ for judge in found}) >= 10
    own = {(judge.claims.__module__, judge.tables, judge.placed) for judge in found}
    assert len(own) == len(found)
    assert [judge.order for judge in found] == sorted(judge.order for judge in found)


def test_what_is_measured_in_places_is_judged_place_by_place(monkeypatch):
    """A place that lacks one of the tables is not judged; what no judge asks for is no claim."""
    all_judges()
    monkeypatch.setattr(verdicts, "JUDGES", [])

    @judges("late", order=2)
    def late(table):
        yield "b", "late", HOLDS, str(len(table)), []

    @judges("here", "there", placed=True, order=1)
    def placed(here, there):
        yield "a", "placed", FAILS, f"{here.n.sum()} and {there.n.sum()}", []

    here = pd.DataFrame({"place": ["q", "p", "p", "r"], "n": [3, 1, 2, 4]})
    tables = {"late": here, "here": here, "there": here[:-1], "unknown": here}
    found = judge(tables)
    assert list(found.columns) == COLUMNS
    assert found.numbers.tolist() == ["3 and 3", "3 and 3", "4"]
    assert found["where"].tolist() == ["q", "p", ""]
    assert judge({"here": here}).empty
