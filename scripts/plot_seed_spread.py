"""Draw the gap at initialisation beside the spread within the modalities."""

import pandas as pd

from job import job
from modality_gap.plots.seed_cones import plot_spread
from modality_gap.plots.style import save

with job(snakemake):
    save(plot_spread(pd.read_parquet(snakemake.input.spread)), list(snakemake.output))
