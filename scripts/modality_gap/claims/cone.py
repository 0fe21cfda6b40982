"""Whether embeddings lie in a cone: judged from the tables of all pairs' cosines."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.stats import norm

from modality_gap.claims.verdicts import (
    FAILS,
    HOLDS,
    UNDECIDED,
    Evidence,
    in_how_many,
    joint,
    judges,
    seen,
    sign,
)
from modality_gap.measures.intervals import CONFIDENCE

WITHIN = ["image_image", "text_text"]
PLACE = ["corpus", "split", "pairs"]
EVEN = 0.05  # of a mean cosine: vectors that are spread evenly have 0
KEYS = "encoder corpus split pairs"
FEWEST = 20  # inputs; of fewer, their spread is not known well enough for an interval


@judges("cone", order=0)
def cone_claims(cone: pd.DataFrame) -> Iterator[tuple]:
    """Whether cones are narrow, and narrower at random; of `cone.cosine_statistics`.

    cone: with columns encoder, corpus, split, and initial: the encoder that one started from.
    """
    found = with_intervals(cone)
    starts = set(found.initial.dropna())
    trained = found[~found.encoder.isin(starts)]
    if len(trained):
        claim = "Two inputs of one modality have on average a cosine above 0"
        yield "L023 L034", claim, *above_zero(trained)
        claim = "No two inputs of one modality have a cosine below 0"
        yield never_below("L024", claim, trained)
    yield from random_claims(found)
    yield from narrow_claims(trained)
    yield from across_claims(cone)
    both = found.merge(found, left_on=["initial", *PLACE], right_on=["encoder", *PLACE])
    if len(both):
        room = both.half_x + both.half_y
        change = (both.mean_y - both.mean_x).rename("change")
        verdicts = [sign(*ends, 1) for ends in zip(change - room, change + room, strict=True)]
        yield (
            "L025",
            "With the weights of the start the mean cosine is above that of the trained ones",
            joint(verdicts),
            f"{in_how_many(verdicts)}; from {change.min():+.3f} to {change.max():+.3f}",
            [
                Evidence(
                    "; ".join(row[name] for name in ("file_y", "file_x") if name in row),
                    f"mean where pairs={row['pairs']}, of {row['encoder_y']} less {row['encoder_x']}",
                    middle,
                    middle - half,
                    middle + half,
                    row["inputs_x"],
                )
                for row, middle, half in zip(both.to_dict("records"), change, room, strict=True)
            ],
        )


def across_claims(cone: pd.DataFrame) -> Iterator[tuple]:
    """Whether an image and a text of a trained network are never beyond a right angle."""
    trained = cone[(cone.pairs == "image_text") & ~cone.encoder.isin(set(cone.initial.dropna()))]
    if len(trained):
        yield never_below("L072", "No image and text of other pairs have a cosine below 0", trained)


def never_below(ids: str, claim: str, rows: pd.DataFrame) -> tuple:
    """Whether no pair of inputs has a cosine below 0, in any row of statistics."""
    verdicts = [HOLDS if least >= 0 else FAILS for least in rows["min"]]
    numbers = f"{in_how_many(verdicts)}; smallest {', '.join(smallest(rows))}"
    return ids, claim, joint(verdicts), numbers, seen(rows, "min", KEYS, n="count")


def random_claims(found: pd.DataFrame) -> Iterator[tuple]:
    """Whether encoders that others started from have no two inputs beyond a right angle."""
    own = found[found.encoder.isin(set(found.initial.dropna()))]
    if len(own):
        claim = "With the weights of the start, too, no two inputs of one modality have a cosine below 0"
        yield never_below("L135", claim, own)
        ends = zip(own["mean"] - own.half, own["mean"] + own.half, strict=True)
        even = [evenness(*pair) for pair in ends]
        yield (
            "Y039",
            f"With the weights of the start embeddings are spread evenly: a mean cosine within {EVEN:g} of 0",
            joint(even),
            f"{in_how_many(even)}; from {own['mean'].min():.3f} to {own['mean'].max():.3f}",
            seen(
                own.assign(low=own["mean"] - own.half, high=own["mean"] + own.half),
                "mean",
                KEYS,
                "",
                "inputs",
            ),
        )


def evenness(low: float, high: float) -> str:
    """Whether an interval lies within EVEN of 0, or without."""
    if low > -EVEN and high < EVEN:
        return HOLDS
    return FAILS if low > EVEN or high < -EVEN else UNDECIDED


def narrow_claims(trained: pd.DataFrame) -> Iterator[tuple]:
    """What share of the sphere a cone of the mean cosine takes, and how many pairs tell of it.

    The share is less than one part in 2^d, d the number of dimensions, where the cosine is so high;
    of two modalities the one with the wider cone counts.
    """
    known = trained[trained.log_cap_share.notna()]
    if known.empty:
        return
    parts = known.log_cap_share / np.log(2)
    verdicts = [
        HOLDS if part < -size else FAILS for part, size in zip(parts, known.dimension, strict=True)
    ]
    widest = known.loc[(parts / known.dimension).idxmax()]
    yield (
        "L031",
        "A cone as wide as the mean cosine takes less than one part in 2^d of the sphere in d dimensions",
        joint(verdicts),
        f"{in_how_many(verdicts)}; the largest share 2^{widest.log_cap_share / np.log(2):.0f} in "
        f"{widest.dimension} dimensions ({widest.encoder}, {widest.pairs.split('_')[0]}s)",
        [
            seen_one._replace(row=f"log₂ of {seen_one.row}", value=seen_one.value / np.log(2))
            for seen_one in seen(known, "log_cap_share", KEYS, n="count")
        ],
    )


@judges("cone_of_noise", order=0)
def noise_claims(cone: pd.DataFrame) -> Iterator[tuple]:
    """Whether a random network has a cone on noise; as above, of embeddings of noise."""
    found = with_intervals(cone[cone.random])
    if len(found):
        claim = "With random weights two inputs of noise have on average a cosine above 0"
        yield "L027", claim, *above_zero(found)


def smallest(rows: pd.DataFrame) -> list[str]:
    """The smallest cosine of each encoder and kind of pairs, over all splits, in words."""
    least = rows.groupby(["encoder", "pairs"], sort=False)["min"].min()
    return [
        f"{cosine:.3f} ({name}, {' and '.join(dict.fromkeys(f'{side}s' for side in pairs.split('_')))})"
        for (name, pairs), cosine in least.items()
    ]


def with_intervals(cone: pd.DataFrame) -> pd.DataFrame:
    """Rows of one modality, with half of the 95% interval of the mean, which is at most that wide.

    Pairs share inputs and are not independent. The mean over all pairs of n inputs is a U-statistic
    of two arguments, whose variance is at most 2/n times that of a pair (Hoeffding 1948). Of fewer
    than FEWEST inputs it is unknown: NaN.
    """
    own = cone[cone.pairs.isin(WITHIN) & cone["mean"].notna()]
    inputs = (1 + np.sqrt(1 + 8 * own["count"])) / 2
    half = norm.isf((1 - CONFIDENCE) / 2) * own["std"] * np.sqrt(2 / inputs)
    return own.assign(half=half.where(inputs >= FEWEST), inputs=inputs).reset_index(drop=True)


def above_zero(rows: pd.DataFrame) -> tuple[str, str, list[Evidence]]:
    """Whether every mean cosine is above 0, the numbers that say so, and the evidence."""
    means = rows["mean"]
    ends = zip(means - rows.half, means + rows.half, strict=True)
    verdicts = [sign(*pair, 1) for pair in ends]
    least = rows.iloc[means.argmin()]
    return (
        joint(verdicts),
        (
            f"{in_how_many(verdicts)}; the least {least['mean']:.3f} "
            f"({least.encoder}, {least.pairs.split('_')[0]}s of {least.corpus} {least.split}), the "
            f"largest {means.max():.3f}; smallest cosine of a pair {rows['min'].min():.3f}"
        ),
        seen(
            rows.assign(low=means - rows.half, high=means + rows.half), "mean", KEYS, "", "inputs"
        ),
    )
