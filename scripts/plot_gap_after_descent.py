"""Draw the gap after descent against the one before it."""

import pandas as pd

from job import job
from modality_gap.plots.free_embeddings import plot_gap_after_descent
from modality_gap.plots.style import save

with job(snakemake):
    tables = [pd.read_parquet(table) for table in snakemake.input.tables]
    save(plot_gap_after_descent(*tables), list(snakemake.output))
