"""Draw a training run, over all its seeds."""

import pandas as pd

from job import job
from modality_gap.plots.style import save
from modality_gap.plots.training import plot_trajectory

with job(snakemake):
    trajectories = [pd.read_parquet(file) for file in snakemake.input.trajectories]
    save(plot_trajectory(trajectories), list(snakemake.output))
