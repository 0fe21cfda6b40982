"""Figures of the modality gap's size."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from modality_gap.plots.style import BLUE, GREY, ORANGE, readable


def plot_gap(tables: list[pd.DataFrame], encoders: list[str], initials: list[str | None]) -> Figure:
    """The modality gap of every encoder as a bar of its length, grouped by what it started from.

    tables: one row each with column modality_gap; one table an encoder. Beside the bar of an
    encoder whose initial weights are shown stands the share of their gap that training closed.
    """
    gaps = [float(table.modality_gap.iloc[0]) for table in tables]
    figure, axis = plt.subplots(figsize=(7, 0.55 * len(gaps) + 1.1))
    for row, (name, initial, gap) in enumerate(zip(encoders, initials, gaps, strict=True)):
        trained = initial in encoders
        colour = GREY if name in initials else BLUE
        axis.plot([0, gap], [row, row], color=colour, linewidth=2.5, solid_capstyle="round")
        axis.plot([0], [row], "o", color=ORANGE, ms=6)
        axis.plot([gap], [row], "o", color=BLUE, ms=6)
        text = f"{gap:.2f}"
        if trained:
            change = gap / gaps[encoders.index(initial)] - 1
            text += f"   {abs(change):.0%} {'closed' if change < 0 else 'wider'} by training"
        axis.annotate(text, (gap, row), (8, 0), textcoords="offset points", va="center", fontsize=9)
    axis.set_yticks(range(len(encoders)), [readable(name) for name in encoders])
    axis.set_ylim(len(encoders) - 0.4, -0.9)
    axis.text(0, -0.45, "texts' centre", color=ORANGE, ha="center", fontsize=8)
    axis.text(gaps[0], -0.45, "images' centre", color=BLUE, ha="center", fontsize=8)
    axis.set_xlim(-0.1, max(2.0, 1.4 * max(gaps)) if max(gaps) > 1.4 else 1.5 * max(gaps))
    axis.set_xlabel(
        "modality gap: distance between the centres of images and texts (unit vectors; at most 2)"
    )
    axis.spines["left"].set_visible(False)
    axis.tick_params(axis="y", length=0)
    return figure
