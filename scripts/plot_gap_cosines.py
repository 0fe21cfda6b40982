"""Draw the cosines between the gap and each embedding."""

import pandas as pd

from job import job
from modality_gap.plots.gap import plot_gap_cosines
from modality_gap.plots.style import save

with job(snakemake):
    tables = [pd.read_parquet(table) for table in snakemake.input.tables]
    encoders, initials = snakemake.params.encoders, snakemake.params.initials
    save(plot_gap_cosines(tables, encoders, initials), list(snakemake.output))
