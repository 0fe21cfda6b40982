"""Cosine of random networks by depth, measured and at infinite width."""

from job import job
from modality_gap.origin.mlp import depth_table

with job(snakemake):
    table = depth_table(**snakemake.params.settings)
    table.to_parquet(snakemake.output[0], index=False)
