"""What judging zero-shot classification and retrieval, moved along the gap, has in common."""

import pandas as pd

from modality_gap.claims.verdicts import FAILS, HOLDS, UNDECIDED

WEAK_EFFECT = 0.01  # chowers2026, Fig. 18, calls a smaller loss of accuracy negligible
PLACE = ["encoder", "corpus", "split"]


def weak_effect(closed: pd.Series, place: str) -> tuple:
    """Whether closing the gap changes a metric by less than what is negligible."""
    low, high = closed.gain_low, closed.gain_high
    weak = low > -WEAK_EFFECT and high < WEAK_EFFECT
    strong = low > WEAK_EFFECT or high < -WEAK_EFFECT
    return (
        "chowers2026, Sec. 2",
        "The gap has at most a weak effect on performance",
        unless_chance(closed, HOLDS if weak else FAILS if strong else UNDECIDED),
        f"{place}: {gain_text(closed)} with {closed.moved} moved until the centres are "
        f"{abs(closed.centre_distance):.2f} apart; weak is less than {WEAK_EFFECT:g}",
    )


def at_chance(row: pd.Series) -> bool:
    """Whether the model as it is answers no better than one that always says the same."""
    return row.before <= row.baseline


def unless_chance(row: pd.Series, verdict: str) -> str:
    """The verdict; undecided where the model knows nothing that a move could change."""
    return UNDECIDED if at_chance(row) else verdict


def chance_text(row: pd.Series) -> str:
    """A remark on a model that is at chance."""
    return " (no better than always the same answer)" if at_chance(row) else ""


def task_place(name: tuple[str, ...]) -> str:
    """Where something was measured: encoder, corpus, split, and what it is of."""
    encoder, corpus, split, what = name
    return f"{encoder} on {corpus} ({split}), {what.replace('_to_', '→')}"


def gain_text(row: pd.Series) -> str:
    """A value before a move, and what the move adds, with its interval."""
    return f"{row.before:.3f} {row.gain:+.3f} [{row.gain_low:+.3f}, {row.gain_high:+.3f}]"
