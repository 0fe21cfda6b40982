"""What the first steps of training do to the gap: judged from the table of `first_steps`."""

from collections.abc import Iterator

import pandas as pd

from modality_gap.claims.verdicts import FAILS, HOLDS, UNDECIDED, computed, interval, judges, sign
from modality_gap.measures.intervals import mean_interval


@judges("first_steps", order=2)
def first_step_claims(steps: pd.DataFrame) -> Iterator[tuple]:
    """Whether the gap widens at first; steps: columns seed, step, modality_gap."""
    gaps = steps.sort_values("step").groupby("seed").modality_gap
    change = gaps.last() - gaps.first()
    found = mean_interval(change)
    wider, n = float((change > 0).mean()), len(change)
    what = "modality_gap of the last step less the first"
    yield (
        "Y041",
        "The gap widens in the first steps of training",
        sign(*found[1:], 1),
        f"change {interval(*found)} over {n} initialisations",
        [computed(steps, what, found[0], found[1:], n)],
    )
    yield (
        "Y040",
        "From every initialisation the first steps of training widen the gap",
        (HOLDS if n > 1 else UNDECIDED) if wider == 1 else FAILS,
        f"{wider:.0%} of {n} initialisations widen it",
        [computed(steps, f"share of seeds with {what} above 0", wider, n=n)],
    )
