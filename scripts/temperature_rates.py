"""How fast the gap closes under four rules for the temperature."""

from job import job
from modality_gap.gradient_flow import temperature_rates

with job(snakemake):
    table = temperature_rates(**snakemake.params.settings)
    table.to_parquet(snakemake.output[0], index=False)
