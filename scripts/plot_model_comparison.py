"""Draw gap, cone, recall and advice of many encoders against their size and training data."""

import pandas as pd

from job import job
from modality_gap.plots.model_comparison import plot_model_comparison
from modality_gap.plots.style import save

with job(snakemake):
    where = snakemake.wildcards
    tables = [pd.read_parquet(snakemake.input[name]) for name in ("table", "correlations")]
    here = [
        table[(table.corpus == where.corpus) & (table.split == where.split)] for table in tables
    ]
    save(plot_model_comparison(*here), list(snakemake.output))
