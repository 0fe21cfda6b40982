"""Draw isotropic clusters in the plane under descent."""

import pandas as pd

from job import job
from modality_gap.plots.free_embeddings import plot_descent_plane
from modality_gap.plots.style import save

with job(snakemake):
    tables = [pd.read_parquet(table) for table in snakemake.input.tables]
    save(plot_descent_plane(*tables), list(snakemake.output))
