"""What the first steps of training do to the gap: judged from the table of `first_steps`."""

from collections.abc import Iterator

import pandas as pd

from modality_gap.claims.verdicts import interval, judges, sign
from modality_gap.measures.intervals import mean_interval


@judges("first_steps", order=2)
def first_step_claims(steps: pd.DataFrame) -> Iterator[tuple]:
    """Whether the gap widens at first; steps: columns seed, step, modality_gap."""
    gaps = steps.sort_values("step").groupby("seed").modality_gap
    change = gaps.last() - gaps.first()
    found = mean_interval(change)
    yield (
        "yaras2024, Fig. 4b",
        "The gap widens in the first steps of training",
        sign(*found[1:], 1),
        f"change {interval(*found)} over {len(change)} initialisations, "
        f"{(change > 0).mean():.0%} of them widen it",
    )
