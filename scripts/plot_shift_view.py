"""Draw pairs while they move along the gap."""

import pandas as pd

from job import job
from modality_gap.plots.style import save
from modality_gap.plots.views import plot_shift_view

with job(snakemake):
    tables = [pd.read_parquet(table) for table in snakemake.input.tables]
    save(plot_shift_view(tables, snakemake.params.encoders), list(snakemake.output))
