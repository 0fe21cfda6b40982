"""What moving along the gap does to fairness: judged from the changes of `fairness`."""

import math
from collections.abc import Iterator

import pandas as pd

from modality_gap.claims.estimates import Estimate, every, in_each, of_interval
from modality_gap.claims.verdicts import (
    HOLDS,
    PARTLY,
    UNDECIDED,
    interval,
    judges,
    seen,
    sign,
)
from modality_gap.effects.fairness import ALL, ANY_PROBE, CORRECT, CROSS

KEYS = "fairness encoder comparison column group kind"
MINOR = 0.01  # a loss of accuracy below one image in a hundred is minor


@judges("fairness_changes", order=13)
def fairness_claims(table: pd.DataFrame) -> Iterator[tuple]:
    """liang2022's claims on fairness, judged on the changes of a study's own images.

    table: of `changes`, with columns fairness, encoder, centre_distance, original_distance and
    exacerbates (the probe kind that a comparison is said to make worse, or None: then it is said
    to lower all probes at a minor loss of accuracy).
    """
    for (fairness, encoder, _), rows in table.groupby(
        ["fairness", "encoder", "comparison"], sort=False
    ):
        first = rows.iloc[0]
        about = f"{fairness}, {encoder}"
        moved = f"gap {first.original_distance:.2f} → {first.centre_distance:.2f}"
        kind = first.exacerbates
        said = isinstance(kind, str)
        groups = rows[(rows.column != ALL) & ~rows.column.str.contains(CROSS, regex=False)]
        what = "smaller" if first["shift"] > 0 else "larger"
        for column, own in groups[groups.kind == (kind if said else ANY_PROBE)].groupby("column"):
            verdict, numbers = judge_groups(own, 1 if said else -1)
            yield (
                ("L120" if first["shift"] > 0 else "L122") if said else "L110",
                f"A {what} gap makes {kind} more frequent in every group"
                if said
                else f"A {what} gap makes probes less frequent in every group",
                verdict,
                f"{about}, {moved}, {column}: {numbers}",
                seen(own, "difference", KEYS, "", "units"),
            )
        yield another_gap(groups[groups.kind == ANY_PROBE], f"{about}, {moved}")
        right = rows[(rows.column == ALL) & (rows.kind == CORRECT)]
        row = right.iloc[0]
        drop = interval(row.difference, row.low, row.high)
        numbers = f"{about}, {moved}: accuracy {row.before:.4f} → {row.after:.4f}, change {drop}"
        evidence = seen(right, "difference", KEYS, "", "units")
        if said:
            claim = f"So {what} a gap costs accuracy"
            yield "L141", claim, sign(row.low, row.high, -1), numbers, evidence
        else:
            claim = f"A {what} gap costs less than {MINOR:g} of accuracy"
            minor = sign(row.low + MINOR, row.high + MINOR, 1)
            yield "L112", claim, minor, numbers, evidence


def another_gap(groups: pd.DataFrame, where: str) -> tuple:
    """Whether a move changes any group's rate of probes, by intervals that hold for all at once."""
    means = changes_of(groups)
    signs = [sign(*mean.ends(len(means)), 1) for mean in means]
    changed = len(signs) - signs.count(UNDECIDED)
    return (
        "L133",
        "Another gap makes a difference, beyond chance, to how often groups of people get probes",
        HOLDS if changed else UNDECIDED,
        f"{where}: {changed} of {len(signs)} groups change",
        seen(groups, "difference", KEYS, "", "units"),
    )


def changes_of(groups: pd.DataFrame) -> list[Estimate]:
    """What a rate of each group changes by; where its interval is not even, the longer half counts."""
    halves = [
        max(row.high - row.difference, row.difference - row.low) for row in groups.itertuples()
    ]
    return [
        of_interval(change, change + half, math.inf)
        for change, half in zip(groups.difference, halves, strict=True)
    ]


def ends_of(row) -> str:
    """The interval of a change in percentage points, in words."""
    if math.isnan(row.low):
        return "interval unknown"
    return f"{100 * row.low:+.1f} to {100 * row.high:+.1f}"


def judge_groups(rows: pd.DataFrame, claimed: int) -> tuple[str, str]:
    """Whether a rate changes as claimed (1 rises, −1 falls) in every group, and the numbers.

    In part: in some, by intervals that hold for all groups at once.
    """
    changes = [change.times(claimed) for change in changes_of(rows)]
    verdict, each = every(changes), in_each(changes)
    if verdict != HOLDS and HOLDS in each:
        verdict = PARTLY
    text = "; ".join(
        f"{row.group} {row.before:.1%} → {row.after:.1%} ({ends_of(row)})"
        for row in rows.itertuples()
    )
    return verdict, f"{text} (percentage points)"
