"""Draw how fast the gap closes under four rules for the temperature."""

import pandas as pd

from job import job
from modality_gap.plots.gradient_flow import plot_temperature_rates
from modality_gap.plots.style import save

with job(snakemake):
    save(plot_temperature_rates(pd.read_parquet(snakemake.input.table)), list(snakemake.output))
