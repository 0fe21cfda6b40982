"""A sample of pairs in one plane."""

from pathlib import Path

from job import job
from modality_gap.embeddings import read_matched, sample_pairs
from modality_gap.views import view

with job(snakemake):
    images, texts = read_matched(Path(snakemake.input.images).parent)
    seed = snakemake.params.seed
    rows = sample_pairs(len(images), snakemake.params.pairs, seed)
    points = view(images[rows], texts[rows], snakemake.wildcards.method, seed)
    points.to_parquet(snakemake.output[0], index=False)
