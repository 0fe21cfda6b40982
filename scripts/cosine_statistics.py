"""Cosines of all pairs of images, of texts, and of an image and a text."""

import pandas as pd

from job import job
from modality_gap.cone import cosine_statistics, log_cap_share
from modality_gap.embeddings import read_normalized

with job(snakemake):
    sides = {
        name: read_normalized(file)[0]
        for name, file in (
            ("image", snakemake.input.get("images")),
            ("text", snakemake.input.get("texts")),
        )
        if file is not None
    }
    statistics = {f"{name}_{name}": cosine_statistics(rows) for name, rows in sides.items()}
    if len(sides) == 2:
        statistics["image_text"] = cosine_statistics(*sides.values())
    dimension = next(iter(sides.values())).shape[1]
    shares = {
        name: log_cap_share(min(1.0, found.summary["mean"]), dimension)
        for name, found in statistics.items()
    }
    pd.DataFrame(
        [
            {
                "pairs": name,
                **found.summary,
                "dimension": dimension,
                "log_cap_share": shares[name],
            }
            for name, found in statistics.items()
        ]
    ).to_parquet(snakemake.output.statistics, index=False)
    histograms = [
        pd.DataFrame(
            {
                "pairs": name,
                "from": found.edges[:-1],
                "to": found.edges[1:],
                "count": found.histogram,
                "mean": found.summary["mean"],
                "log_cap_share": shares[name],
            }
        )
        for name, found in statistics.items()
    ]
    pd.concat(histograms).to_parquet(snakemake.output.histogram, index=False)
