"""Draw each way to close the gap, beside leaving it."""

import pandas as pd

from job import job
from modality_gap.plots.mitigations import plot_ways_to_close
from modality_gap.plots.style import save

with job(snakemake):
    tables = [pd.read_parquet(table) for table in snakemake.input.tables]
    save(plot_ways_to_close(tables, snakemake.params.encoders), list(snakemake.output))
