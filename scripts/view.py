"""A sample of pairs in one plane."""

from pathlib import Path

import numpy as np

from job import job
from modality_gap.embeddings import read_matched
from modality_gap.views import view

with job(snakemake):
    images, texts = read_matched(Path(snakemake.input.images).parent)
    seed, number = snakemake.params.seed, min(snakemake.params.pairs, len(images))
    rows = np.sort(np.random.default_rng(seed).choice(len(images), number, replace=False))
    points = view(images[rows], texts[rows], snakemake.wildcards.method, seed)
    points.to_parquet(snakemake.output[0], index=False)
