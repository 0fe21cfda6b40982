"""Draw a training run."""

import pandas as pd

from job import job
from modality_gap.plots.style import save
from modality_gap.plots.training import plot_trajectory

with job(snakemake):
    trajectory = pd.read_parquet(snakemake.input.trajectory)
    save(plot_trajectory(trajectory), list(snakemake.output))
