"""Whether moving along the gap changes retrieval: judged from the gains of `shifted_recall`."""

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
from modality_gap.claims.verdicts import HOLDS, judges, sign


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
                "chowers2026, Fig. 2b",
                "Image-to-text retrieval is best with the gap that the model has",
                unless_chance(
                    closed, HOLDS if kept else sign(held_out.gain_low, held_out.gain_high, -1)
                ),
                f"{place}: {gain_text(held_out)} on one half of the queries with the shift that is "
                f"the best on the other ({held_out.gap} gap)",
            )
