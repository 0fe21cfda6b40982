import math
from types import SimpleNamespace

import pandas as pd
import pytest

from modality_gap.claims.printed import Printed, compare, printed_numbers, read_values, same
from modality_gap.claims.verdicts import FAILS, HOLDS, UNDECIDED, Evidence


def row(printed, tolerance="", column="rate", table="t.parquet"):
    return SimpleNamespace(printed_value=printed, tolerance=tolerance, column=column, table=table)


def values(*found):
    return [Evidence("t.parquet", "x", value) for value in found]


def test_printed_numbers_are_read_with_sign_percent_and_tolerance():
    assert printed_numbers(row("0.294; 14.321%", "0.0005; 0.0005%")) == [
        Printed("", 0.294, 0.0005),
        Printed("", 0.14321, pytest.approx(5e-6)),
    ]
    assert printed_numbers(row("< -512")) == [Printed("<", -512, 0)]
    assert printed_numbers(row("~0.15", "0.005")) == [Printed("", 0.15, 0.005)]
    assert printed_numbers(row("direction")) == []


@pytest.mark.parametrize(
    ("printed", "value", "fits"),
    [
        (Printed("<", -512, 0), -900, True),
        (Printed("<", -512, 0), -100, False),
        (Printed(">", 0.06, 0), 0.07, True),
        (Printed("", 0.5, 0.05), 0.55, True),
        (Printed("", 0.5, 0.05), 0.56, False),
        (Printed("", 0.5, 0), math.nan, False),
    ],
)
def test_a_value_is_what_is_printed_within_the_tolerance(printed, value, fits):
    assert same(printed, Evidence("", "", value)) == fits


def test_values_are_read_in_the_order_of_print():
    """liang2022, Table 2: before, then after, of three kinds each."""
    table = pd.DataFrame(
        {"kind": ["b", "a", "a"], "group": ["x", "x", "y"], "before": [2, 1, 9], "after": [4, 3, 9]}
    ).assign(before_low=0.5, before_high=5, seeds=3)
    asked = row("1; 2; 3; 4", column="before, after where kind=a|b and group=x")
    found = read_values(asked, {"t.parquet": table, "u.parquet": table})
    assert [one.value for one in found] == [1, 2, 3, 4]
    assert found[0] == Evidence("t.parquet", "before where kind=a and group=x", 1, 0.5, 5, 3)
    assert math.isnan(found[2].low)
    both = row("1", column="after where kind=b", table="?.parquet")
    assert [one.table for one in read_values(both, {"t.parquet": table, "u.parquet": table})] == [
        "t.parquet",
        "u.parquet",
    ]
    assert read_values(row("1", column="other"), {"t.parquet": table}) == []
    assert read_values(row("1", column="after where kind=c"), {"t.parquet": table}) == []


def test_rows_are_chosen_by_what_their_column_holds():
    table = pd.DataFrame({"bias": [True, False], "layer": [2, 3], "rate": [0.5, 0.7]})
    for chosen, value in (("bias=True", 0.5), ("layer=3", 0.7), ("layer=3.0", 0.7)):
        asked = row("1", column=f"rate where {chosen}")
        assert [one.value for one in read_values(asked, {"t.parquet": table})] == [value]


def test_every_printed_value_must_come_out():
    asked = row("0.5; 0.7", "0.05; 0.05")
    assert compare(asked, values(0.52, 0.71), []) == (HOLDS, values(0.52, 0.71))
    assert compare(asked, values(0.52, 0.9), [])[0] == FAILS
    assert compare(asked, values(0.52), []) == (UNDECIDED, []), "fewer than are printed"
    assert compare(asked, values(0.5, 0.7, 3), []) == (HOLDS, values(0.5, 0.7)), "more columns"
    one = row("0.5", "0.05")
    assert compare(one, values(0.5, 0.9), [])[0] == FAILS, "each of many is what one number says"
    assert compare(one, values(0.9), values(0.5)) == (HOLDS, values(0.5)), "of the verdicts first"
    assert compare(row("direction"), values(0.5), []) == (UNDECIDED, [])
