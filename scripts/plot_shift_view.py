"""Draw pairs while they move along the gap."""

import pandas as pd

from job import job
from modality_gap.plots.style import save
from modality_gap.plots.views import plot_shift_view

with job(snakemake):
    table = pd.read_parquet(snakemake.input.table)
    tables = [table[table.encoder == encoder] for encoder in snakemake.params.encoders]
    save(plot_shift_view(tables, snakemake.params.encoders), list(snakemake.output))
