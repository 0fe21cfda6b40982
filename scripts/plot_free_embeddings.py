"""Draw free embeddings under descent, and what the contrastive loss rewards."""

import pandas as pd

from job import job
from modality_gap.plots.free_embeddings import (
    plot_collapsed_start,
    plot_descent_assumptions,
    plot_descent_plane,
    plot_descent_sphere,
    plot_gap_after_descent,
)
from modality_gap.plots.loss_geometry import (
    plot_gradient_prediction,
    plot_loss_without_alignment,
    plot_shared_caption,
)
from modality_gap.plots.style import save

FIGURES = {
    "loss_without_alignment": (plot_loss_without_alignment, ["arrangements", "gap_lengths"]),
    "gradient_prediction": (plot_gradient_prediction, ["gradient_prediction", "shrinking_rates"]),
    "shared_caption": (plot_shared_caption, ["shared_caption"]),
    "descent_plane": (plot_descent_plane, ["plane_records", "plane_positions"]),
    "collapsed_start": (plot_collapsed_start, ["plane_records", "plane_positions"]),
    "descent_sphere": (plot_descent_sphere, ["sphere_records", "sphere_positions"]),
    "descent_assumptions": (plot_descent_assumptions, ["plane_records", "sphere_records"]),
    "gap_after_descent": (plot_gap_after_descent, ["sphere_sweep"]),
}

with job(snakemake):
    for name, (plot, tables) in FIGURES.items():
        figure = plot(*(pd.read_parquet(snakemake.input[table]) for table in tables))
        save(figure, list(snakemake.output[name]))
