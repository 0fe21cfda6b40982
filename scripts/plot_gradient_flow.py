"""Draw what theory says of the gap, beside its numerical solution."""

import pandas as pd

from job import job
from modality_gap.plots.gradient_flow import (
    plot_gap_and_logit_scale,
    plot_gradient_flow,
    plot_initial_growth,
    plot_margin,
    plot_slow_closing,
    plot_temperature_rates,
)
from modality_gap.plots.style import save

FIGURES = {
    "gradient_flow": (plot_gradient_flow, ["flows", "pictures"]),
    "gap_and_logit_scale": (plot_gap_and_logit_scale, ["coupled"]),
    "slow_closing": (plot_slow_closing, ["slow_closing"]),
    "initial_growth": (plot_initial_growth, ["initial_growth"]),
    "temperature_rates": (plot_temperature_rates, ["temperature_rates"]),
    "margin": (plot_margin, ["arrangements"]),
}

with job(snakemake):
    for name, (plot, tables) in FIGURES.items():
        figure = plot(*(pd.read_parquet(snakemake.input[table]) for table in tables))
        save(figure, list(snakemake.output[name]))
