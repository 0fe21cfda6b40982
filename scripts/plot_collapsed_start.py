"""Draw clusters without variance along the gap under descent."""

import pandas as pd

from job import job
from modality_gap.plots.free_embeddings import plot_collapsed_start
from modality_gap.plots.style import save

with job(snakemake):
    tables = [pd.read_parquet(table) for table in snakemake.input.tables]
    save(plot_collapsed_start(*tables), list(snakemake.output))
