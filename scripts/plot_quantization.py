"""Draw nearest neighbours kept through quantisation."""

import pandas as pd

from job import job
from modality_gap.plots.quantization import plot_quantization
from modality_gap.plots.style import save

with job(snakemake):
    tables = [pd.read_parquet(table) for table in snakemake.input.tables]
    save(plot_quantization(tables, snakemake.params.encoders), list(snakemake.output))
