"""Whether closing the gap guards against quantisation: judged from the table of `quantization`."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from modality_gap.claims.estimates import Estimate, in_each, of_interval
from modality_gap.claims.verdicts import in_how_many, interval, joint, judges, rises, seen
from modality_gap.closing.quantization import NEIGHBOUR

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
            "C044 C045",
            f"Closing the gap keeps more nearest neighbours through {NAMES[scheme]}",
            rises(rows),
            ", ".join(numbers),
            seen(rows, "change", "scheme bits measure alpha", "change_", "units"),
        )


@judges("quantization", order=9)
def rounded_gap_claims(tables: pd.DataFrame) -> Iterator[tuple]:
    """Whether it pays to close the gap of what is stored rather than that of what is (Sec. 5.2).

    tables: of `quantization_table`, with column place. Places whose rounded gap is least at α = 1
    in every number of bits tell nothing of it.
    """
    kept = tables[(tables.scheme == "fixed_range") & (tables.measure == NEIGHBOUR)]
    gains = {place: rounded_gain(rows) for place, rows in kept.groupby("place", sort=False)}
    found = {place: gain for place, gain in gains.items() if gain is not None}
    if not found:
        return
    verdicts = in_each(found.values())
    told = ", ".join(f"{interval(gain.mean, *gain.ends())} ({p})" for p, gain in found.items())
    rest = len(gains) - len(found)
    yield (
        "C047",
        "The α that closes the gap of the rounded embeddings keeps more neighbours than α = 1",
        joint(verdicts),
        f"{in_how_many(verdicts)}; share of neighbours kept, less that at α = 1, mean over bits: "
        f"{told}" + (f"; the same α in {rest} more" if rest else ""),
        [
            gain.seen_in(
                kept[kept.place == place], f"{NEIGHBOUR}, mean over bits, less that at alpha=1"
            )
            for place, gain in found.items()
        ],
    )


def rounded_gain(rows: pd.DataFrame) -> Estimate | None:
    """What the α of the least rounded gap keeps more than α = 1, mean over bits; None: it is 1.

    rows: of one place, scheme and measure. The same queries ask at either α, so that their differences
    are paired, and in all numbers of bits: as if these were quite alike, the interval is too wide at most.
    """
    best = rows[rows.closest & (rows.alpha != 1) & rows.beyond_whole.notna()]
    if best.empty:
        return None
    found = [
        of_interval(row.beyond_whole, row.beyond_whole_high, row.units - 1)
        for row in best.itertuples()
    ]
    error, degrees = np.mean([gain.error for gain in found]), min(gain.degrees for gain in found)
    return Estimate(float(np.mean([gain.mean for gain in found])), float(error), degrees)
