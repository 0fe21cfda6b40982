"""What is proved of random ReLU layers, by Monte Carlo."""

import numpy as np

from job import job
from modality_gap.origin.bounds import inner_product_table, rising_table, variance_table

COSINES = [*np.linspace(-0.9, 0.9, 19).round(2), 0.95, 0.98]

with job(snakemake):
    settings = snakemake.params.settings
    widths, trials, seed = (settings[key] for key in ("widths", "trials", "seed"))
    rising = rising_table(widths, settings["length_ratios"], COSINES, trials, seed)
    rising.to_parquet(snakemake.output.rising, index=False)
    products = inner_product_table(max(widths), list(np.linspace(-1, 1, 17)), trials, seed)
    products.to_parquet(snakemake.output.products, index=False)
    variance = variance_table(**settings["variance"], seed=seed)
    variance.to_parquet(snakemake.output.variance, index=False)
