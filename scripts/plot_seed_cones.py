"""Draw embeddings of the same items by networks that differ in their seed."""

import pandas as pd

from job import job
from modality_gap.plots.seed_cones import plot_seed_cones
from modality_gap.plots.style import save

with job(snakemake):
    shares = pd.read_parquet(snakemake.input.shares)
    save(plot_seed_cones(shares, pd.read_parquet(snakemake.input.points)), list(snakemake.output))
