"""Draw rates, differences, changes and confusion of groups while the images move."""

import pandas as pd

from job import job
from modality_gap.plots.fairness import (
    plot_fairness_changes,
    plot_fairness_confusion,
    plot_fairness_gaps,
    plot_fairness_rates,
)
from modality_gap.plots.style import save

FIGURES = {
    "fairness_rates": (plot_fairness_rates, "rates"),
    "fairness_gaps": (plot_fairness_gaps, "gaps"),
    "fairness_changes": (plot_fairness_changes, "rates"),
    "fairness_confusion": (plot_fairness_confusion, "confusion"),
}

with job(snakemake):
    for name, (plot, table) in FIGURES.items():
        figure = plot(pd.read_parquet(snakemake.input[table]))
        save(figure, list(snakemake.output[name]))
