"""Draw how fast the gap of random embeddings opens, by dimension."""

import pandas as pd

from job import job
from modality_gap.plots.gradient_flow import plot_initial_growth
from modality_gap.plots.style import save

with job(snakemake):
    save(plot_initial_growth(pd.read_parquet(snakemake.input.table)), list(snakemake.output))
