"""Draw what is proved of random layers, beside what they do."""

import pandas as pd

from job import job
from modality_gap.plots.random_networks import plot_layer_theorems
from modality_gap.plots.style import save

with job(snakemake):
    inputs = snakemake.input
    tables = [pd.read_parquet(file) for file in (inputs.rising, inputs.products, inputs.variance)]
    save(plot_layer_theorems(*tables), list(snakemake.output))
