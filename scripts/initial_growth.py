"""How fast the gap of random embeddings opens, beside Theorem 3.3."""

from job import job
from modality_gap.gradient_flow import initial_growth_table

with job(snakemake):
    table = initial_growth_table(**snakemake.params.settings)
    table.to_parquet(snakemake.output[0], index=False)
