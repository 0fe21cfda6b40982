"""Draw choices in other words while the gap closes, and what other words do to embeddings."""

import pandas as pd

from job import job
from modality_gap.plots.rephrasing import plot_rephrasing
from modality_gap.plots.style import save

with job(snakemake):
    choices, noises = (
        [pd.read_parquet(table) for table in snakemake.input[name]]
        for name in ("choices", "noises")
    )
    save(plot_rephrasing(choices, noises, snakemake.params.encoders), list(snakemake.output))
