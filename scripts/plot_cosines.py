"""Draw the histograms of all pairwise cosines."""

import pandas as pd

from job import job
from modality_gap.plots.cone import plot_cosines
from modality_gap.plots.style import save

with job(snakemake):
    tables = [pd.read_parquet(table) for table in snakemake.input.tables]
    encoders, initials = snakemake.params.encoders, snakemake.params.initials
    save(plot_cosines(tables, encoders, initials), list(snakemake.output))
