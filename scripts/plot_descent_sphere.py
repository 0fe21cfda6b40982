"""Draw two clusters on the sphere under descent."""

import pandas as pd

from job import job
from modality_gap.plots.free_embeddings import plot_descent_sphere
from modality_gap.plots.style import save

with job(snakemake):
    tables = [pd.read_parquet(table) for table in snakemake.input.tables]
    save(plot_descent_sphere(*tables), list(snakemake.output))
