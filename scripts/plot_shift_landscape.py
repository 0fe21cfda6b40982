"""Draw the loss against the centre distance."""

import pandas as pd

from job import job
from modality_gap.plots.shift import plot_shift_landscape
from modality_gap.plots.style import save

with job(snakemake):
    scope = [("scope", "==", snakemake.wildcards.scope)]
    tables = [pd.read_parquet(table, filters=scope) for table in snakemake.input.tables]
    save(plot_shift_landscape(tables, snakemake.params.encoders), list(snakemake.output))
