"""Draw how the gap changes in the first steps of training."""

import pandas as pd

from job import job
from modality_gap.plots.style import save
from modality_gap.plots.training import plot_first_steps

with job(snakemake):
    save(plot_first_steps(pd.read_parquet(snakemake.input.gaps)), list(snakemake.output))
