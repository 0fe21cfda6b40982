"""Draw the gap of matched pairs over decades of time, and its lower bound."""

import pandas as pd

from job import job
from modality_gap.plots.gradient_flow import plot_slow_closing
from modality_gap.plots.style import save

with job(snakemake):
    save(plot_slow_closing(pd.read_parquet(snakemake.input.table)), list(snakemake.output))
