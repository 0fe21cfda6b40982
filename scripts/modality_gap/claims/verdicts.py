"""What a verdict is, and which topic judges which tables.

A topic is a module of this package, named as the section of a study that makes its tables. Its
functions take tables and return rows (source, claim, verdict, numbers); `judges` says of which.
"""

import math
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pandas as pd

HOLDS, FAILS, PARTLY, UNDECIDED = "holds", "does not hold", "holds in part", "undecided"
COLUMNS = ["source", "claim", "verdict", "numbers", "tables"]
NEGLIGIBLE = 0.01  # what chowers2026, Fig. 18, calls a negligible loss of accuracy
NAMED = 6  # places that a row names; of more, it says how many
LAST = 100


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
    """A row a claim that the tables can answer: source, claim, verdict, numbers, tables.

    tables: by name; absent ones answer nothing. Those of encoders and splits say in a column place
    which ones, and are judged in the order of the first of them. A claim holds, or does not, where
    a 95% interval says so; otherwise it is undecided.
    """
    rows = []
    for claims, names, placed, _ in all_judges():
        if not set(names) <= set(tables):
            continue
        needed, told = [tables[name] for name in names], ", ".join(names)
        if not placed:
            rows += [(*row, told) for row in claims(*needed)]
            continue
        for place in needed[0].place.unique():
            here = [table[table.place == place] for table in needed]
            if not any(table.empty for table in here):
                found = claims(*here)
                rows += [(*row, f"{place}: {numbers}", told) for *row, numbers in found]
    return pd.DataFrame(rows, columns=COLUMNS)


def interval(mean: float, low: float, high: float) -> str:
    """A mean with its interval, where that is known."""
    return f"{mean:.3f}" + ("" if math.isnan(low) else f" [{low:.3f}, {high:.3f}]")


def sign(low: float, high: float, claimed: int) -> str:
    """Whether an interval lies on the claimed side of 0 (1 above, −1 below)."""
    if math.isnan(low):
        return UNDECIDED
    if low * claimed > 0 and high * claimed > 0:
        return HOLDS
    return FAILS if low * claimed < 0 and high * claimed < 0 else UNDECIDED


def joint(verdicts: list[str]) -> str:
    """One verdict on a claim that was judged in several cases; in part: it holds in some of them."""
    if len(set(verdicts)) == 1:
        return verdicts[0]
    return PARTLY if {HOLDS, PARTLY} & set(verdicts) else UNDECIDED


def in_how_many(verdicts: list[str]) -> str:
    """In how many cases a claim holds, and fails."""
    counts = [sum(verdict == kind for verdict in verdicts) for kind in (HOLDS, FAILS)]
    return f"holds in {counts[0]} and fails in {counts[1]} of {len(verdicts)} cases"


def named(texts: list[str]) -> str:
    """The first places, and how many more there are."""
    rest = f", and {len(texts) - NAMED} more" if len(texts) > NAMED else ""
    return ", ".join(texts[:NAMED]) + rest


def rises(rows: pd.DataFrame) -> str:
    """Verdict on a rise that is claimed of every row, columns change, change_low, change_high.

    A rise counts where it is more than its interval and more than NEGLIGIBLE; one that can only be
    less is none.
    """
    up = (rows.change_low > 0) & (rows.change > NEGLIGIBLE)
    if up.all():
        return HOLDS
    if up.any():
        return PARTLY
    return FAILS if (rows.change_high < NEGLIGIBLE).all() else UNDECIDED


def stays(rows: pd.DataFrame) -> str:
    """Verdict on no fall by more than NEGLIGIBLE in any row; columns as for `rises`."""
    if (rows.change_low > -NEGLIGIBLE).all():
        return HOLDS
    return FAILS if (rows.change_high < -NEGLIGIBLE).any() else UNDECIDED
