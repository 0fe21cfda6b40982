"""Draw the cone of random networks by depth."""

import pandas as pd

from job import job
from modality_gap.plots.random_networks import plot_mlp_depth
from modality_gap.plots.style import save

with job(snakemake):
    save(plot_mlp_depth(pd.read_parquet(snakemake.input.cosines)), list(snakemake.output))
