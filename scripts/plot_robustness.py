"""Draw how robust an encoder's tasks are to noise while the gap is closed."""

import pandas as pd

from job import job
from modality_gap.plots.robustness import plot_noises, plot_robustness, plot_tradeoff
from modality_gap.plots.style import save

FIGURES = {
    "robustness": (plot_robustness, "controlled"),
    "noise_kinds": (plot_noises, "noises"),
    "threshold_tradeoff": (plot_tradeoff, "tradeoff"),
}

with job(snakemake):
    for name, (plot, table) in FIGURES.items():
        save(plot(pd.read_parquet(snakemake.input[table])), list(snakemake.output[name]))
