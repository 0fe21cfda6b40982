"""Figures of training."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from modality_gap.plots.style import BLUE, GREEN, GREY, ORANGE

MEASURES = (
    ("loss", "contrastive loss (nats)"),
    ("temperature", "temperature τ"),
    ("modality_gap", "modality gap"),
    ("recall", "recall@1"),
)


def plot_trajectory(trajectory: pd.DataFrame) -> Figure:
    """Loss, temperature, gap and recall against the training step (cf. yaras2024, Fig. 4a).

    trajectory: columns step, loss, temperature, modality_gap, and recall@1 in both directions.
    """
    figure, axes = plt.subplots(1, 4, figsize=(11, 2.7), sharex=True)
    for axis, (measure, name) in zip(axes, MEASURES, strict=True):
        axis.set_title(name)
        axis.grid(axis="y")
        if measure == "recall":
            curve(axis, trajectory, "image_to_text_recall_at_1", BLUE, "image→text", -22)
            curve(axis, trajectory, "text_to_image_recall_at_1", ORANGE, "text→image")
        else:
            curve(axis, trajectory.dropna(subset=measure), measure, GREEN)
        axis.set_ylim(0, 1.2 * axis.dataLim.ymax)
        axis.margins(x=0.12)
    start = trajectory.modality_gap.iloc[0]
    axes[2].axhline(start, color=GREY, linewidth=0.9, linestyle="--")
    axes[2].set_ylim(top=1.2 * start)
    axes[2].text(
        trajectory.step.iloc[-1],
        start,
        "initial weights",
        ha="right",
        va="bottom",
        color=GREY,
        fontsize=8,
    )
    figure.supxlabel("training step", fontsize=9)
    return figure


def curve(
    axis, table: pd.DataFrame, measure: str, colour: str, name: str = "", above: float = 6
) -> None:
    """One curve with its last value written at its end, `above` points over it."""
    axis.plot(table.step, table[measure], color=colour, marker="o", ms=2.5)
    last = table.iloc[-1]
    axis.annotate(
        f"{name} {last[measure]:.3g}".strip(),
        (last.step, last[measure]),
        (0, above),
        textcoords="offset points",
        ha="right",
        va="bottom",
        annotation_clip=False,
        color=colour,
        fontsize=8,
    )
