"""Draw parallel modalities with and without mismatched pairs."""

import pandas as pd

from job import job
from modality_gap.plots.gradient_flow import plot_margin
from modality_gap.plots.style import save

with job(snakemake):
    save(plot_margin(pd.read_parquet(snakemake.input.table)), list(snakemake.output))
