"""Draw the modality gap of every encoder."""

import pandas as pd

from job import job, say
from modality_gap.plots.gap import plot_gap
from modality_gap.plots.style import save

with job(snakemake):
    tables = [pd.read_parquet(table) for table in snakemake.input.tables]
    encoders, initials = snakemake.params.encoders, snakemake.params.initials
    save(plot_gap(tables, encoders, initials), list(snakemake.output))
    gaps = [
        f"{encoder} {table.modality_gap.iloc[0]:.3f}"
        for encoder, table in zip(encoders, tables, strict=True)
    ]
    say(snakemake, [f"a first view of the modality gap ({', '.join(gaps)}): {snakemake.output[0]}"])
