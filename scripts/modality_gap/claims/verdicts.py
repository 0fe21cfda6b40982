"""What a verdict is, and which topic judges which tables.

A topic is a module of this package, named as the section of a study that makes its tables. Its
functions take tables and return rows (ids, claim, verdict, numbers, evidence); `judges` says of which.
Ids are those of the register (`config/claims`), with blanks between them.
"""

import math
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pandas as pd
from scipy.stats import binom

from modality_gap.measures.intervals import CONFIDENCE

HOLDS, FAILS, PARTLY, UNDECIDED = "holds", "does not hold", "holds in part", "undecided"
COLUMNS = ["ids", "claim", "where", "verdict", "numbers", "tables", "evidence"]
FILE = "file"  # of a table that is judged: the column that says where each row stands
NEGLIGIBLE = 0.01  # what chowers2026, Fig. 18, calls a negligible loss of accuracy
NAMED = 6  # places that a row names; of more, it says how many
LAST = 100
CHANCE = 0.05  # how likely so many of several verdicts may be by chance, for one of them to count
ONE = (1 - CONFIDENCE) / 2  # how likely an interval lies on one side of 0 by chance


class Evidence(NamedTuple):
    """A value that a verdict rests on, its 95% interval, over how many, and where it stands.

    table: files below the study's results; row: `column where key=value and …`, as in the register.
    NaN: not known, or none.
    """

    table: str
    row: str
    value: float
    low: float = math.nan
    high: float = math.nan
    n: float = math.nan


def files_of(rows: pd.DataFrame) -> str:
    """The files that rows are of, where they say so."""
    return "; ".join(rows[FILE].unique()) if FILE in rows else ""


def seen(
    rows: pd.DataFrame,
    value: str,
    keys: str = "",
    ends: str | None = None,
    n: str | float = math.nan,
) -> list[Evidence]:
    """A column of rows as evidence, one a row.

    keys: columns that tell a row, with blanks, those that there are; ends: what comes before low and high in the names of
    the columns of its interval, None for none; n: the column of how many, or the number.
    """
    found = []
    for row in rows.to_dict("records"):
        where = " and ".join(f"{key}={row[key]}" for key in keys.split() if key in row)
        ends_of = [row[f"{ends}{end}"] for end in ("low", "high")] if ends is not None else []
        number = row[n] if isinstance(n, str) else n
        told = f"{value} where {where}" if where else value
        found.append(
            Evidence(str(row.get(FILE, "")), told, row[value], *(ends_of or [math.nan] * 2), number)
        )
    return found


def computed(
    rows: pd.DataFrame,
    what: str,
    value: float,
    ends: Iterable[float] = (math.nan, math.nan),
    n: float = math.nan,
) -> Evidence:
    """What rows together come to, as evidence; what: how it is computed of which columns."""
    return Evidence(files_of(rows), what, float(value), *map(float, ends), n)


class Judge(NamedTuple):
    """A function that judges tables, and what `judges` says of it."""

    claims: Callable[..., Iterable[tuple]]
    tables: tuple[str, ...]
    placed: bool
    order: int


JUDGES: list[Judge] = []


def judges(*tables: str, placed: bool = False, order: int = LAST) -> Callable:
    """Say which tables a function judges, by the names that the workflow gives them.

    placed: whether it judges those of one encoder on one split at a time. order: where its rows
    stand among those of other topics; of one topic's, as its file has them.
    """

    def register(claims: Callable[..., Iterable[tuple]]) -> Callable[..., Iterable[tuple]]:
        JUDGES.append(Judge(claims, tables, placed, order))
        return claims

    return register


def all_judges() -> list[Judge]:
    """Every judge of this package's topics, in the order of their rows."""
    for file in sorted(Path(__file__).parent.glob("[!_]*.py")):
        import_module(f"{__package__}.{file.stem}")
    return sorted(JUDGES, key=lambda judge: (judge.order, judge.claims.__module__))


def judge(tables: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """A row a claim that the tables can answer: columns COLUMNS.

    tables: by name; absent ones answer nothing. Those of encoders and splits say in a column place
    which ones, and are judged in the order of the first of them: `where`. A claim holds, or does not,
    where a 95% interval says so; otherwise it is undecided. evidence: of `Evidence`, at least one.
    """
    rows = []
    for claims, names, placed, _ in all_judges():
        if not set(names) <= set(tables):
            continue
        needed, told = [tables[name] for name in names], ", ".join(names)
        places = needed[0].place.unique() if placed else [""]
        for place in places:
            here = [table[table.place == place] for table in needed] if placed else needed
            if any(table.empty for table in here):
                continue
            for ids, claim, verdict, numbers, evidence in claims(*here):
                rows.append((ids, claim, place, verdict, numbers, told, list(evidence)))
    return pd.DataFrame(rows, columns=COLUMNS)


def interval(mean: float, low: float, high: float) -> str:
    """A mean with its interval, where that is known."""
    return f"{mean:.3f}" + ("" if math.isnan(low) else f" [{low:.3f}, {high:.3f}]")


def signed(change: float, low: float, high: float) -> str:
    """A change with its sign and its interval, where that is known."""
    return f"{change:+.3f}" + ("" if math.isnan(low) else f" [{low:+.3f}, {high:+.3f}]")


def sign(low: float, high: float, claimed: int) -> str:
    """Whether an interval lies on the claimed side of 0 (1 above, −1 below)."""
    if math.isnan(low):
        return UNDECIDED
    if low * claimed > 0 and high * claimed > 0:
        return HOLDS
    return FAILS if low * claimed < 0 and high * claimed < 0 else UNDECIDED


def beyond_chance(holds: int, cases: int) -> bool:
    """Whether more cases hold than 95% intervals, one a case, let hold by chance."""
    return holds > 0 and bool(binom.sf(holds - 1, cases, ONE) < CHANCE)


def joint(verdicts: list[str]) -> str:
    """One verdict on a claim that was judged in several cases; in part: it holds in some of them.

    Where some are undecided, cases are judged by intervals: more must hold than by chance.
    """
    if len(set(verdicts)) == 1:
        return verdicts[0]
    if PARTLY in verdicts:
        return PARTLY
    holds = verdicts.count(HOLDS)
    by_chance = UNDECIDED in verdicts and not beyond_chance(holds, len(verdicts))
    return PARTLY if holds and not by_chance else UNDECIDED


def in_how_many(verdicts: list[str]) -> str:
    """In how many cases a claim holds, holds in part, if it does in any, and fails."""
    holds, part, fails = (verdicts.count(kind) for kind in (HOLDS, PARTLY, FAILS))
    in_part = f", in part in {part}," if part else ""
    return f"holds in {holds}{in_part} and fails in {fails} of {len(verdicts)} cases"


def named(texts: list[str]) -> str:
    """The first places, and how many more there are."""
    rest = f", and {len(texts) - NAMED} more" if len(texts) > NAMED else ""
    return ", ".join(texts[:NAMED]) + rest


def rises(rows: pd.DataFrame) -> str:
    """Verdict on a rise that is claimed of every row, columns change, change_low, change_high.

    A rise counts where it is more than its interval and more than NEGLIGIBLE; one that can only be
    less is none. It is claimed in part where more rows rise than by chance.
    """
    up = (rows.change_low > 0) & (rows.change > NEGLIGIBLE)
    if up.all():
        return HOLDS
    if beyond_chance(up.sum(), len(up)):
        return PARTLY
    return FAILS if (rows.change_high < NEGLIGIBLE).all() else UNDECIDED


def stays(rows: pd.DataFrame) -> str:
    """Verdict on no fall by more than NEGLIGIBLE in any row; columns as for `rises`."""
    if (rows.change_low > -NEGLIGIBLE).all():
        return HOLDS
    return FAILS if (rows.change_high < -NEGLIGIBLE).any() else UNDECIDED
