"""What the papers print, held against a study's own tables."""

import math
from collections.abc import Iterable
from fnmatch import fnmatch
from itertools import product
from typing import NamedTuple

import pandas as pd

from modality_gap.claims.register import DIRECTION, Answer, answers_of, numbers_of
from modality_gap.claims.verdicts import FAILS, HOLDS, UNDECIDED, Evidence, files_of

ROUNDING = 1e-9  # of floating point, where a tolerance is met exactly


class Printed(NamedTuple):
    """A number as a paper prints it: its sign (<, > or none), and how far off counts as the same."""

    sign: str
    value: float
    tolerance: float


def printed_numbers(row) -> list[Printed]:
    """What the register's row prints, [] for a direction."""
    if row.printed_value in ("", DIRECTION):
        return []
    parts = row.printed_value.split(";")
    values, allowed = numbers_of(row.printed_value), numbers_of(row.tolerance)
    signs = [part.strip()[0] if part.strip()[0] in "<>" else "" for part in parts]
    return [
        Printed(*found) for found in zip(signs, values, allowed or [0.0] * len(values), strict=True)
    ]


def read_values(row, tables: dict[str, pd.DataFrame]) -> list[Evidence]:
    """The values that the register's row names, in the order in which they are printed.

    tables: by file below the study's results. Column by column; of each the rows in the order of the
    values that they are chosen by. [] where a file, a column or a row is not there.
    """
    return [one for answer in answers_of(row) for one in values_of(answer, tables)]


def values_of(answer: Answer, tables: dict[str, pd.DataFrame]) -> list[Evidence]:
    """As `read_values`, of one table, or of all that a pattern names."""
    found = []
    files = [file for file in tables if fnmatch(file, answer.table)]
    for file, column in product(files, answer.columns):
        table = tables[file]
        if column not in table or not pd.api.types.is_numeric_dtype(table[column]):
            continue
        for chosen in product(*answer.where.values()):
            where = dict(zip(answer.where, chosen, strict=True))
            rows = table[chosen_rows(table, where)]
            told = " and ".join(f"{key}={value}" for key, value in where.items())
            for record in rows.to_dict("records"):
                ends = ends_of(record, column)
                text = f"{column} where {told}" if told else column
                found.append(Evidence(file, text, float(record[column]), *ends, number_of(record)))
    return found


def chosen_rows(table: pd.DataFrame, where: dict[str, str]) -> pd.Series:
    """Which rows have these values, each compared as what its column holds."""
    fits = pd.Series(True, index=table.index)
    for key, value in where.items():
        column = table.get(key, pd.Series(math.nan, index=table.index))
        if pd.api.types.is_bool_dtype(column):
            fits &= column == (value == "True")
        elif pd.api.types.is_numeric_dtype(column):
            fits &= column == float(value)
        else:
            fits &= column.astype(str) == value
    return fits


def ends_of(record: dict, column: str) -> tuple[float, float]:
    """The 95% interval of a column, where the table has one."""
    names = (f"{column}_{end}" for end in ("low", "high"))
    if column in ("mean", "difference") and "low" in record:
        names = ("low", "high")
    low, high = (record.get(name, math.nan) for name in names)
    return float(low), float(high)


def number_of(record: dict) -> float:
    """Over how many a row is, where its table says so."""
    names = ("seeds", "shared_seeds", "units", "images", "queries", "pairs", "count")
    found = (record[name] for name in names if isinstance(record.get(name), int | float))
    return float(next(found, math.nan))


def same(printed: Printed, found: Evidence) -> bool:
    """Whether a value is what is printed: within its tolerance, or with that in its interval."""
    if printed.sign:
        return found.value < printed.value if printed.sign == "<" else found.value > printed.value
    near = abs(found.value - printed.value) <= printed.tolerance + ROUNDING
    return near or found.low <= printed.value <= found.high


def compare(row, own: Iterable[Evidence], judged: Iterable[Evidence]) -> tuple[str, list[Evidence]]:
    """Whether a study's values are those that are printed, and which they are.

    own: of `read_values`; judged: what verdicts on the claim rest on, which count where they are as many
    as are printed. Of a single printed number, every value must be it. UNDECIDED, without values, where
    there are none to compare.
    """
    printed = printed_numbers(row)
    for found in (list(judged), list(own)):
        many = printed * len(found) if len(printed) == 1 else printed
        if found and len(found) >= len(many) and len(printed):
            found = found[: len(many)]
            fits = all(same(*pair) for pair in zip(many, found, strict=True))
            return HOLDS if fits else FAILS, found
    return UNDECIDED, []


def told(printed: str, found: list[Evidence]) -> str:
    """Found values beside those that are printed, in words."""
    values = "; ".join(f"{one.value:.4g}" for one in found)
    return f"{values}, printed {printed}"


def by_file(tables: Iterable[pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Tables by the one file that each says it is of."""
    return {files_of(table): table for table in tables}
