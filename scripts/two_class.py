"""Robustness of two classes: simulated, and as theory has it."""

from job import job
from modality_gap.closing.two_class import two_class_table

with job(snakemake):
    table = two_class_table(**snakemake.params.settings)
    table.to_parquet(snakemake.output[0], index=False)
