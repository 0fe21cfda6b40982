"""Draw every training run, over all its seeds."""

import pandas as pd

from job import job
from modality_gap.plots.style import save
from modality_gap.plots.training import plot_trajectory

with job(snakemake):
    tables = [pd.read_parquet(file) for file in snakemake.input.trajectories]
    files = zip(snakemake.output[::2], snakemake.output[1::2], strict=True)
    for run, names in zip(snakemake.params.runs, files, strict=True):
        own = [
            table
            for table, owner in zip(tables, snakemake.params.run_of_each, strict=True)
            if owner == run
        ]
        save(plot_trajectory(own), list(names))
