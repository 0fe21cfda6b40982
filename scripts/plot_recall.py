"""Draw recall@k of every encoder."""

import pandas as pd

from job import job
from modality_gap.plots.retrieval import plot_recall
from modality_gap.plots.style import save

with job(snakemake):
    tables = [pd.read_parquet(table) for table in snakemake.input.tables]
    encoders = snakemake.params.encoders
    save(plot_recall(tables, encoders), list(snakemake.output), tables)
