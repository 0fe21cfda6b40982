"""Whether closing the gap guards against quantisation: judged from the table of `quantization`."""

from collections.abc import Iterator

import pandas as pd

from modality_gap.claims.verdicts import interval, judges, rises, stays
from modality_gap.closing.quantization import NEIGHBOUR, TASK

NAMES = {
    "fixed_range": "levels on [−3, 3]",
    "dimension_range": "levels in each dimension's range",
    "vector_scale": "whole numbers on each vector's scale",
    "sign": "signs",
}


@judges("quantization", placed=True, order=9)
def quantization_claims(table: pd.DataFrame) -> Iterator[tuple]:
    """Whether closing the gap guards against quantisation; of `quantization_table`."""
    kept = table[(table.scheme != "none") & (table.measure == NEIGHBOUR) & table.closest]
    for scheme, rows in kept.groupby("scheme", sort=False):
        numbers = [
            f"{row.bits} bits, α = {row.alpha:g}: "
            f"{interval(row.change, row.change_low, row.change_high)}"
            for row in rows.itertuples()
        ]
        yield (
            f"chowers2026, {'Fig. 9' if scheme == 'fixed_range' else 'Sec. 5.2'}",
            f"Closing the gap keeps more nearest neighbours through {NAMES[scheme]}",
            rises(rows),
            ", ".join(numbers),
        )
    whole = table[(table.scheme == "none") & (table.measure == TASK) & (table.alpha == 1)]
    row = whole.iloc[0]
    yield (
        "chowers2026, Theorem 3.5",
        "Closing the gap along g′ leaves recall without quantisation as it is",
        stays(whole),
        f"recall@1 changes by {interval(row.change, row.change_low, row.change_high)}",
    )
