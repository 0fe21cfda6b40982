"""A sample of pairs while they move along the gap."""

from pathlib import Path

from job import job
from modality_gap.embeddings import read_matched, sample_pairs
from modality_gap.views import shift_view

SHARES = [0, 0.5, 1]

with job(snakemake):
    images, texts = read_matched(Path(snakemake.input.images).parent)
    rows = sample_pairs(len(images), snakemake.params.pairs, snakemake.params.seed)
    shift_view(images[rows], texts[rows], SHARES).to_parquet(snakemake.output[0], index=False)
