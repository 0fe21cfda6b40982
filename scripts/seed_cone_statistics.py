"""Variance between seeds, the picture behind it, and the gap beside the spread."""

import pandas as pd

from job import job
from modality_gap.origin.seed_cones import (
    cone_points,
    gap_and_spread,
    read_cones,
    spread_by_network,
    variance_between_seeds,
)

with job(snakemake):
    shares, points, data = [], [], {}
    for tower, inputs, seeds, embeddings in read_cones(list(snakemake.input.parts)):
        place = {"tower": tower, "inputs": inputs}
        found = variance_between_seeds(embeddings)
        shares.append({**place, "seeds": len(seeds), "items": embeddings.shape[1], **found})
        drawn = embeddings[:, : snakemake.params.view_items]
        points.append(cone_points(drawn, seeds, snakemake.params.seed).assign(**place))
        if inputs == "data":
            data[tower] = embeddings
    pd.DataFrame(shares).to_parquet(snakemake.output.shares, index=False)
    pd.concat(points).to_parquet(snakemake.output.points, index=False)
    spread = gap_and_spread(data, seeds)
    spread.to_parquet(snakemake.output.spread, index=False)
    spread_by_network(spread).to_parquet(snakemake.output.networks, index=False)
