"""Cosines of all pairs of images, of texts, and of an image and a text."""

from pathlib import Path

import pandas as pd

from job import job
from modality_gap.cone import cosine_statistics
from modality_gap.embeddings import read_pairs

with job(snakemake):
    images, texts, _ = read_pairs(Path(snakemake.input.images).parent)
    statistics = {
        "image_image": cosine_statistics(images),
        "text_text": cosine_statistics(texts),
        "image_text": cosine_statistics(images, texts),
    }
    pd.DataFrame(
        [{"pairs": name, **found.summary} for name, found in statistics.items()]
    ).to_parquet(snakemake.output.statistics, index=False)
    histograms = [
        pd.DataFrame(
            {
                "pairs": name,
                "from": found.edges[:-1],
                "to": found.edges[1:],
                "count": found.histogram,
                "mean": found.summary["mean"],
            }
        )
        for name, found in statistics.items()
    ]
    pd.concat(histograms).to_parquet(snakemake.output.histogram, index=False)
