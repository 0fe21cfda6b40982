"""A sample of each encoder's pairs while they move along the gap."""

from job import job
from measured import measured, samples_measured
from modality_gap.measures.views import shift_view

SHARES = [0, 0.5, 1]

with job(snakemake), measured(snakemake):
    table = samples_measured(snakemake, lambda images, texts: shift_view(images, texts, SHARES))
    table.to_parquet(snakemake.output[0], index=False)
