"""Draw the accuracy of linear probes."""

import pandas as pd

from job import job
from modality_gap.plots.moved_gap import plot_linear_probe
from modality_gap.plots.style import save

with job(snakemake):
    tables = (
        pd.concat(map(pd.read_parquet, snakemake.input[name]), ignore_index=True)
        for name in ("accuracies", "candidates")
    )
    save(plot_linear_probe(*tables), list(snakemake.output))
