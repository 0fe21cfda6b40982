"""Whether moving along the gap helps: judged from the gains of `zero_shot` and `shifted_recall`."""

from collections.abc import Iterator

import pandas as pd

from modality_gap.claims.estimates import of_interval
from modality_gap.claims.verdicts import (
    FAILS,
    HOLDS,
    UNDECIDED,
    Evidence,
    judges,
    named,
    seen,
    sign,
    signed,
)

WEAK_EFFECT = 0.01  # chowers2026, Fig. 18, calls a smaller loss of accuracy negligible
PLACE = ["encoder", "corpus", "split"]


def gain_seen(row: pd.Series) -> list[Evidence]:
    """What a move gains, as evidence."""
    keys = "encoder corpus split task metric direction moved choice"
    rows = row.to_frame().T.rename_axis("choice").reset_index()
    return seen(rows, "gain", keys, "gain_", "units")


def weak_effect(closed: pd.Series, place: str) -> tuple:
    """Whether closing the gap changes a metric by less than what is negligible."""
    low, high = closed.gain_low, closed.gain_high
    weak = low > -WEAK_EFFECT and high < WEAK_EFFECT
    strong = low > WEAK_EFFECT or high < -WEAK_EFFECT
    return (
        "C006",
        "The gap has at most a weak effect on performance",
        unless_chance(closed, HOLDS if weak else FAILS if strong else UNDECIDED),
        f"{place}: {gain_text(closed)} with {closed.moved} moved until the centres are "
        f"{abs(closed.centre_distance):.2f} apart; weak is less than {WEAK_EFFECT:g}",
        gain_seen(closed),
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
    return f"{row.before:.3f} {signed(row.gain, row.gain_low, row.gain_high)}"


# What the papers measure: accuracy, or the area under the ROC curve where a task has it.
PRINCIPAL = ("roc_auc", "top_1")


@judges("zero_shot_gains", order=6)
def zero_shot_claims(gains: pd.DataFrame) -> Iterator[tuple]:
    """Whether moving the gap helps zero-shot classification; of `moved_gap.zero_shot_table`.

    Judged is the paper's own way: both modalities moved, along the first direction of the table.
    """
    first = gains[gains.direction == gains.direction.iloc[0]]
    own = first[first.moved == "both"]
    helped, evidence, changed = [], [], []
    for name, task in own.groupby([*PLACE, "task"], sort=False):
        metric = next(metric for metric in PRINCIPAL if (task.metric == metric).any())
        rows = task[task.metric == metric].set_index("choice")
        held_out, best = rows.loc["held_out"], rows.loc["best"]
        closed = rows.loc["closed"]
        verdict = unless_chance(closed, sign(held_out.gain_low, held_out.gain_high, 1))
        helped += [held_out.gap] if verdict == HOLDS else []
        evidence += gain_seen(held_out)
        place = f"{task_place(name)}, {metric}{chance_text(closed)}"
        yield (
            "L090 L091 L092 L093 L094 L099 L100 L101",
            "Modifying the gap can improve zero-shot performance",
            verdict,
            f"{place}: {gain_text(held_out)} on one half of the images with the shift that is the "
            f"best on the other ({held_out.gap} gap); {gain_text(best)} with the best on the same",
            gain_seen(held_out) + gain_seen(best),
        )
        yield weak_effect(closed, place)
        changed.append(closed)
    kinds, larger = sorted(set(helped)), helped.count("larger")
    possible = len(changed) - (len(helped) - larger)  # with a larger gap, for all that is known
    yield (
        "L095",
        "A larger gap improves several zero-shot tasks",
        HOLDS if larger > 1 else FAILS if possible < 2 <= len(changed) else UNDECIDED,
        f"{larger} of {len(changed)} tasks gain beyond their interval with a larger gap, "
        f"{len(helped) - larger} with another",
        evidence,
    )
    yield another_gap(changed)
    yield from by_texts(first[first.moved == "texts"])
    yield (
        "L096",
        "It depends on the task whether a larger or a smaller gap is better",
        UNDECIDED if len(helped) < 2 else HOLDS if len(kinds) > 1 else FAILS,
        f"tasks that gain beyond their interval: {len(helped)}, {' and '.join(kinds) or 'no'} gap",
        evidence,
    )


def another_gap(closed: list[pd.Series]) -> tuple:
    """Whether closing the gap changes any task's accuracy, by intervals that hold for all at once.

    The closed gap is no choice among shifts: what is judged was not looked for.
    """
    halves = [max(row.gain_high - row.gain, row.gain - row.gain_low) for row in closed]
    gains = [
        of_interval(row.gain, row.gain + half, row.units - 1)
        for row, half in zip(closed, halves, strict=True)
    ]
    signs = [
        unless_chance(row, sign(*gain.ends(len(gains)), 1))
        for row, gain in zip(closed, gains, strict=True)
    ]
    moved = len(signs) - signs.count(UNDECIDED)
    return (
        "L133",
        "Another gap makes a difference, beyond chance, to zero-shot accuracy",
        HOLDS if moved else UNDECIDED,
        f"with the gap closed {moved} of {len(signs)} tasks change; "
        + named([f"{row.task} {gain_text(row)}" for row in closed]),
        [one for row in closed for one in gain_seen(row)],
    )


def by_texts(gains: pd.DataFrame) -> Iterator[tuple]:
    """Whether accuracy is best with a little more gap, of texts that move (chowers2026, Fig. 2a)."""
    for name, task in gains.groupby([*PLACE, "task"], sort=False):
        metric = next(metric for metric in PRINCIPAL if (task.metric == metric).any())
        rows = task[task.metric == metric].set_index("choice")
        held_out = rows.loc["held_out"]
        gained = sign(held_out.gain_low, held_out.gain_high, 1)
        yield (
            "C004",
            "Zero-shot accuracy is best with texts that are a little farther away",
            unless_chance(
                held_out,
                gained if held_out.gap == "larger" else FAILS if gained == HOLDS else UNDECIDED,
            ),
            f"{task_place(name)}, {metric}: {gain_text(held_out)} on one half of the images with the "
            f"shift that is the best on the other ({held_out.gap} gap)",
            gain_seen(held_out),
        )


@judges("shifted_recall_gains", order=7)
def shifted_recall_claims(gains: pd.DataFrame) -> Iterator[tuple]:
    """Whether moving the gap changes retrieval; of `moved_gap.shifted_recall_table`.

    Judged are the first k and, as in chowers2026, texts that move alone.
    """
    own = gains[(gains.moved == "texts") & (gains.metric == gains.metric.iloc[0])]
    for name, found in own.groupby([*PLACE, "direction"], sort=False):
        rows = found.set_index("choice")
        held_out = rows.loc["held_out"]
        closed = rows.loc["closed"]
        place = f"{task_place(name)} {held_out.metric}{chance_text(closed)}"
        yield weak_effect(closed, place)
        if name[-1] == "image_to_text":
            kept = held_out.gap == "same"
            yield (
                "C005",
                "Image-to-text retrieval is best with the gap that the model has",
                unless_chance(
                    closed, HOLDS if kept else sign(held_out.gain_low, held_out.gain_high, -1)
                ),
                f"{place}: {gain_text(held_out)} on one half of the queries with the shift that is "
                f"the best on the other ({held_out.gap} gap)",
                gain_seen(held_out),
            )
