"""Draw pairs in a plane."""

import pandas as pd

from job import job
from modality_gap.plots.style import save
from modality_gap.plots.views import plot_view

with job(snakemake):
    tables = [pd.read_parquet(table) for table in snakemake.input.tables]
    encoders, initials = snakemake.params.encoders, snakemake.params.initials
    save(plot_view(tables, snakemake.wildcards.method, encoders, initials), list(snakemake.output))
