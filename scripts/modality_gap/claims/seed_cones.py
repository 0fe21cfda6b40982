"""What networks of many seeds say of the cones: judged from the tables of `seed_cones`."""

from collections.abc import Iterator

import pandas as pd

from modality_gap.claims.estimates import in_each, of_values
from modality_gap.claims.verdicts import in_how_many, interval, joint, judges, named, sign


@judges("seed_cones", order=1)
def seed_claims(shares: pd.DataFrame) -> Iterator[tuple]:
    """Whether the seed makes most of the variance; of `seed_cones.variance_between_seeds`."""
    for row in shares[shares.inputs == "data"].itertuples():
        source = "liang2022, Fig. 13" if row.trained else "liang2022, Fig. 2c, Theorem 2"
        networks = "networks that were trained" if row.trained else "random networks"
        yield (
            source,
            f"Most of the variance of the embeddings of {networks} comes from their seed",
            sign(row.share_low - 0.5, row.share_high - 0.5, 1),
            f"{row.family}, {row.tower}s: share {interval(row.share_between, row.share_low, row.share_high)}",
        )


@judges("seed_spread", order=1)
def spread_claims(networks: pd.DataFrame) -> Iterator[tuple]:
    """Whether embeddings lie nearer to their own centre than the centres to each other.

    networks: with random weights, of `seed_cones.spread_by_network`, with column family. Of the two
    modalities the one that lies farther from its centre counts.
    """
    farther = networks[["image_distance", "text_distance"]].max(axis=1)
    gains = (networks.modality_gap - farther).groupby(networks.family, sort=False)
    found = {family: of_values(own) for family, own in gains}
    verdicts = in_each(found.values())
    ratios = (networks.modality_gap / farther).groupby(networks.family, sort=False).mean()
    told = [
        f"{interval(gain.mean, *gain.ends())} ({family}, {gain.degrees + 1} networks; the "
        f"gap is {ratios[family]:.1f} times the distance)"
        for family, gain in found.items()
    ]
    yield (
        "chowers2026, Fig. 6",
        "At random weights embeddings lie nearer to their own centre than the centres to each other",
        joint(verdicts),
        f"{in_how_many(verdicts)}; gap less mean distance to the centre {named(told)}",
    )
