"""Draw four arrangements of three pairs, and their loss."""

import pandas as pd

from job import job
from modality_gap.plots.loss_geometry import plot_loss_without_alignment
from modality_gap.plots.style import save

with job(snakemake):
    tables = [pd.read_parquet(table) for table in snakemake.input.tables]
    save(plot_loss_without_alignment(*tables), list(snakemake.output))
