"""Figures of training."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from modality_gap.plots.style import BLUE, GREEN, GREY, ORANGE, spread

MEASURES = (
    ("loss", "contrastive loss (nats)"),
    ("temperature", "temperature τ"),
    ("modality_gap", "modality gap"),
)
RECALLS = {
    "image→text": ("image_to_text_recall_at_1", BLUE),
    "text→image": ("text_to_image_recall_at_1", ORANGE),
}


def plot_trajectory(trajectory: pd.DataFrame) -> Figure:
    """Loss, temperature, gap and recall against the training step (cf. yaras2024, Fig. 4a).

    trajectory: columns step, loss, temperature, modality_gap, and recall@1 in both directions.
    """
    figure, axes = plt.subplots(1, 4, figsize=(11, 2.7), width_ratios=[1, 1, 1, 1.25])
    for axis, (measure, name) in zip(axes, MEASURES, strict=False):
        axis.set_title(name)
        draw(axis, trajectory.dropna(subset=measure), {"": (measure, GREEN)})
    axes[3].set_title("recall@1")
    draw(axes[3], trajectory, RECALLS)
    start = trajectory.modality_gap.iloc[0]
    axes[2].axhline(start, color=GREY, linewidth=0.9, linestyle="--")
    axes[2].text(
        trajectory.step.iloc[-1] * 0.1, 1.02 * start, "initial weights", color=GREY, fontsize=8
    )
    figure.supxlabel("training step", fontsize=9)
    return figure


def draw(axis, table: pd.DataFrame, curves: dict[str, tuple[str, str]]) -> None:
    """Curves with their last values at their right ends; curves: (column, colour) by name."""
    highest = max(table[column].max() for column, _ in curves.values())
    ends = sorted((table[column].iloc[-1], name) for name, (column, _) in curves.items())
    places = spread([value for value, _ in ends], 0.09 * highest)
    for place, (value, name) in zip(places, ends, strict=True):
        column, colour = curves[name]
        axis.plot(table.step, table[column], color=colour, marker="o", ms=2.5)
        axis.text(
            table.step.iloc[-1] * 1.04,
            place,
            f"{value:.3g} {name}".strip(),
            color=colour,
            va="center",
            fontsize=8,
        )
    axis.grid(axis="y")
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.set_ylim(0, 1.2 * highest)
    axis.set_xlim(left=0, right=table.step.iloc[-1] * (1.22 if len(curves) == 1 else 1.6))
