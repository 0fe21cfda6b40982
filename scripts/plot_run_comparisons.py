"""Draw what training does to the gap."""

import pandas as pd

from job import job
from modality_gap.plots.run_comparisons import (
    plot_gap_by_dimension,
    plot_gap_by_temperature,
    plot_long_training,
    plot_mitigations,
    plot_starts,
    plot_task_correlations,
)
from modality_gap.plots.style import save

FIGURES = {
    "gap_by_temperature": (
        plot_gap_by_temperature,
        ["gap_by_temperature", "temperature_correlations"],
    ),
    "starts": (plot_starts, ["starts", "starts_means"]),
    "mitigations": (plot_mitigations, ["mitigations"]),
    "task_correlations": (plot_task_correlations, ["mitigations", "task_correlations"]),
    "long_training": (plot_long_training, ["long_training", "long_training_fit"]),
    "gap_by_dimension": (plot_gap_by_dimension, ["gap_by_dimension", "gap_by_dimension_means"]),
}

with job(snakemake):
    for name, files in snakemake.output.items():
        plot, tables = FIGURES[name]
        figure = plot(*(pd.read_parquet(snakemake.input[table]) for table in tables))
        save(figure, list(files))
