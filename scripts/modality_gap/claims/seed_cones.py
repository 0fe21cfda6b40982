"""What networks of many seeds say of the cones: judged from the tables of `seed_cones`."""

from collections.abc import Iterator

import pandas as pd

from modality_gap.claims.estimates import in_each, of_values
from modality_gap.claims.verdicts import in_how_many, interval, joint, judges, named, seen, sign


@judges("seed_cones", order=1)
def seed_claims(shares: pd.DataFrame) -> Iterator[tuple]:
    """Whether the seed makes most of the variance; of `seed_cones.variance_between_seeds`."""
    for number, row in enumerate(shares.itertuples()):
        ends = row.share_low, row.share_high
        share = f"{row.family}, {row.tower}s: share {interval(row.share_between, *ends)}"
        evidence = seen(shares.iloc[[number]], "share_between", "family tower inputs", "share_")
        if row.trained and row.inputs == "noise":
            continue
        claim = "{} that differ in their seed alone embed the same {} in other places"
        if row.trained:
            ids, claim = "L046", claim.format("Trained networks", "items")
        elif row.inputs == "noise":
            ids, claim = "L045", claim.format("Random networks", "noise")
        else:
            ids = "L041 L042 L012" if row.tower == "image" else "L043 L012"
            claim = claim.format("Random networks", "items")
        yield (
            ids,
            claim,
            sign(*ends, 1),
            f"{share}; mean cosine {row.within_cosine:.3f} within a network, "
            f"{row.between_cosine:.3f} between two",
            evidence,
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
        "C026",
        "At random weights embeddings lie nearer to their own centre than the centres to each other",
        joint(verdicts),
        f"{in_how_many(verdicts)}; gap less mean distance to the centre {named(told)}",
        [
            found[family].seen_in(own, "modality_gap less image_distance or text_distance")
            for family, own in networks.groupby("family", sort=False)
        ],
    )
