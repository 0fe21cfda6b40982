"""Draw the six pairs on their sphere, and the loss while the texts move."""

import pandas as pd

from job import job
from modality_gap.plots.sphere import plot_sphere
from modality_gap.plots.style import save

with job(snakemake):
    landscape = pd.read_parquet(snakemake.input.landscape)
    save(plot_sphere(landscape, pd.read_parquet(snakemake.input.pairs)), list(snakemake.output))
