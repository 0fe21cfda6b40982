"""Draw how well the first-order prediction of the gradient holds."""

import pandas as pd

from job import job
from modality_gap.plots.loss_geometry import plot_gradient_prediction
from modality_gap.plots.style import save

with job(snakemake):
    tables = [pd.read_parquet(table) for table in snakemake.input.tables]
    save(plot_gradient_prediction(*tables), list(snakemake.output))
