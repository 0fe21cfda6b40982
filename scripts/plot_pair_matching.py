"""Draw which pairs of images and statements are matched without fault."""

import pandas as pd

from job import job
from modality_gap.plots.moved_gap import plot_pair_matching
from modality_gap.plots.style import save

with job(snakemake):
    table = pd.concat(map(pd.read_parquet, snakemake.input.tables), ignore_index=True)
    save(plot_pair_matching(table), list(snakemake.output))
