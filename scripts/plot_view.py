"""Draw pairs in a plane."""

import pandas as pd

from job import job
from modality_gap.plots.style import save
from modality_gap.plots.views import plot_view

with job(snakemake):
    table = pd.read_parquet(snakemake.input.table)
    tables = [table[table.encoder == encoder] for encoder in snakemake.params.encoders]
    encoders, initials = snakemake.params.encoders, snakemake.params.initials
    save(plot_view(tables, snakemake.wildcards.method, encoders, initials), list(snakemake.output))
