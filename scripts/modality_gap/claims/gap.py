"""Which way the gap points, and where it stays: judged from the tables of `gap`."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from modality_gap.claims.estimates import Estimate, in_each
from modality_gap.claims.verdicts import in_how_many, interval, joint, judges, named

CASE = ["encoder", "corpus", "split", "modality"]


@judges("gap_cosines", order=0)
def angle_claims(cosines: pd.DataFrame) -> Iterator[tuple]:
    """Whether the gap is at right angles to how embeddings differ; of `gap.gap_cosines`, counted.

    cosines: a row a bin, with columns encoder, corpus, split, and initial: the encoder that one
    started from; those that others started from are left aside. A direction that has nothing to do
    with d-dimensional embeddings has with them a mean |cosine| of √(2/(πd)).
    """
    trained = cosines[~cosines.encoder.isin(set(cosines.initial.dropna()))]
    found = {name: below_chance(rows) for name, rows in trained.groupby(CASE, sort=False)}
    if not found:
        return
    verdicts = in_each(found.values())
    told = [
        f"{-room.mean:+.3f} ({encoder}, {modality}s of {corpus} {split})"
        for (encoder, corpus, split, modality), room in found.items()
    ]
    yield (
        "C064 C065 Y019",
        "The gap stands nearly at right angles to how the embeddings of a modality differ",
        joint(verdicts),
        f"{in_how_many(verdicts)}; mean |cosine| less that of a direction by chance, √(2/(πd)): "
        f"{named(told)}",
        [
            room.seen_in(rows, f"√(2/(π dimension)) less mean_absolute where modality={name[-1]}")
            for (name, rows), room in zip(
                trained.groupby(CASE, sort=False), found.values(), strict=True
            )
        ],
    )


def below_chance(rows: pd.DataFrame) -> Estimate:
    """How far the mean |cosine| is below that of a direction by chance; rows: bins of one modality."""
    count, sizes = rows["count"].to_numpy(), np.abs(rows["from"] + rows["to"]).to_numpy() / 2
    n, mean = int(count.sum()), rows.mean_absolute.iloc[0]
    variance = (count * (sizes - mean) ** 2).sum() / (n - 1) if n > 1 else np.nan
    chance = np.sqrt(2 / (np.pi * rows.dimension.iloc[0]))
    return Estimate(float(chance - mean), float(np.sqrt(variance / n)), n - 1)


@judges("gap_of_models", order=0)
def gap_claims(gaps: pd.DataFrame) -> Iterator[tuple]:
    """Whether there is a gap before training and after; of `gap.gap_measures`.

    gaps: with columns encoder, corpus, split, initial: the encoder that one started from, and amended:
    whether its start was turned so that it has none, which tells nothing of starts.
    """
    gaps = gaps[~gaps.amended]
    started = gaps.encoder.isin(set(gaps.initial.dropna()))
    for ids, claim, rows in (
        ("L047 Y009", "A model of two networks starts with a gap", gaps[started]),
        ("C007 Y003", "After training images and texts are still apart", gaps[~started]),
    ):
        found = [length(row) for row in rows.itertuples()]
        if found:
            verdicts = in_each(found)
            told = [
                f"{interval(gap.mean, *gap.ends())} ({row.encoder} on {row.corpus} {row.split})"
                for gap, row in zip(found, rows.itertuples(), strict=True)
            ]
            yield (
                ids,
                claim,
                joint(verdicts),
                f"{in_how_many(verdicts)}; gap {named(told)}",
                [
                    gap.seen_in(
                        rows.iloc[[place]], f"modality_gap where encoder={rows.encoder.iloc[place]}"
                    )
                    for place, gap in enumerate(found)
                ],
            )


@judges("gap_without_normalization", order=0)
def bare_claims(gaps: pd.DataFrame) -> Iterator[tuple]:
    """Whether models without their normalisation have a gap; of `gap.gap_measures`, column place."""
    found = [length(row) for row in gaps.itertuples()]
    verdicts = in_each(found)
    told = [
        f"{interval(gap.mean, *gap.ends())} ({place})"
        for gap, place in zip(found, gaps.place, strict=True)
    ]
    yield (
        "L126",
        "There is a gap where inputs are not standardised and no layer normalises",
        joint(verdicts),
        f"{in_how_many(verdicts)}; gap {named(told)}",
        [gap.seen_in(gaps.iloc[[place]], "modality_gap") for place, gap in enumerate(found)],
    )


def length(row) -> Estimate:
    """The gap, with an error that is rather too large.

    Of unit vectors the variance around their centre is 1 less its squared length, over all
    directions at once; along the gap it is less. That of the difference of pairs is at most twice
    that of both.
    """
    spread = 2 * (2 - row.image_centre_length**2 - row.text_centre_length**2)
    error = np.sqrt(spread / row.pairs) if row.pairs > 1 else np.nan
    return Estimate(row.modality_gap, float(error), row.pairs - 1)
