"""What networks of many seeds say of the cones: judged from the tables of `seed_cones`."""

from collections.abc import Iterator

import pandas as pd

from modality_gap.claims.verdicts import interval, judges, sign


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
