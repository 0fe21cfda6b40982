"""Whether moving along the gap helps zero-shot classification: judged from the gains of `zero_shot`."""

from collections.abc import Iterator

import pandas as pd

from modality_gap.claims.moved_gap import (
    PLACE,
    chance_text,
    gain_text,
    task_place,
    unless_chance,
    weak_effect,
)
from modality_gap.claims.verdicts import FAILS, HOLDS, UNDECIDED, judges, sign

# What the papers measure: accuracy, or the area under the ROC curve where a task has it.
PRINCIPAL = ("roc_auc", "top_1")


@judges("zero_shot_gains", order=6)
def zero_shot_claims(gains: pd.DataFrame) -> Iterator[tuple]:
    """Whether moving the gap helps zero-shot classification; of `moved_gap.zero_shot_table`.

    Judged is the paper's own way: both modalities moved, along the first direction of the table.
    """
    own = gains[(gains.moved == "both") & (gains.direction == gains.direction.iloc[0])]
    helped = []
    for name, task in own.groupby([*PLACE, "task"], sort=False):
        metric = next(metric for metric in PRINCIPAL if (task.metric == metric).any())
        rows = task[task.metric == metric].set_index("choice")
        held_out, best = rows.loc["held_out"], rows.loc["best"]
        closed = rows.loc["closed"]
        verdict = unless_chance(closed, sign(held_out.gain_low, held_out.gain_high, 1))
        helped += [held_out.gap] if verdict == HOLDS else []
        place = f"{task_place(name)}, {metric}{chance_text(closed)}"
        yield (
            "liang2022, Sec. 5.1, Table 1",
            "Modifying the gap can improve zero-shot performance",
            verdict,
            f"{place}: {gain_text(held_out)} on one half of the images with the shift that is the "
            f"best on the other ({held_out.gap} gap); {gain_text(best)} with the best on the same",
        )
        yield weak_effect(closed, place)
    kinds = sorted(set(helped))
    yield (
        "liang2022, Fig. 10; chowers2026, Fig. 2",
        "It depends on the task whether a larger or a smaller gap is better",
        UNDECIDED if len(helped) < 2 else HOLDS if len(kinds) > 1 else FAILS,
        f"tasks that gain beyond their interval: {len(helped)}, {' and '.join(kinds) or 'no'} gap",
    )
