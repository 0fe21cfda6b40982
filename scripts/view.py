"""A sample of each encoder's pairs in one plane."""

from job import job
from measured import measured, samples_measured
from modality_gap.measures.views import view

with job(snakemake), measured(snakemake):
    method, seed = snakemake.wildcards.method, snakemake.params.seed
    table = samples_measured(snakemake, lambda images, texts: view(images, texts, method, seed))
    table.to_parquet(snakemake.output[0], index=False)
