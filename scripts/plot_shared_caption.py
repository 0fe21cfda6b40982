"""Draw the descent of two images with one caption."""

import pandas as pd

from job import job
from modality_gap.plots.loss_geometry import plot_shared_caption
from modality_gap.plots.style import save

with job(snakemake):
    tables = [pd.read_parquet(table) for table in snakemake.input.tables]
    save(plot_shared_caption(*tables, **snakemake.params), list(snakemake.output))
