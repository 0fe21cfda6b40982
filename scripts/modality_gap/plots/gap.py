"""Figures of the modality gap's size."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from modality_gap.plots.style import BLUE, GREY, MODALITY_COLOURS, ORANGE, panels, readable


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
            before = gaps[encoders.index(initial)]
            change = gap / before - 1 if before > 0 else 0.0
            text += f"   {abs(change):.0%} {'closed' if change < 0 else 'wider'} by training"
        axis.annotate(text, (gap, row), (8, 0), textcoords="offset points", va="center", fontsize=9)
    axis.set_yticks(range(len(encoders)), [readable(name) for name in encoders])
    axis.set_ylim(len(encoders) - 0.4, -0.9)
    axis.text(0, -0.45, "texts' centre", color=ORANGE, ha="center", fontsize=8)
    axis.text(gaps[0], -0.45, "images' centre", color=BLUE, ha="center", fontsize=8)
    widest = max(*gaps, 0.1)
    axis.set_xlim(-0.1, max(2.0, 1.4 * widest) if widest > 1.4 else 1.5 * widest)
    axis.set_xlabel("modality gap: distance of the two centres (unit vectors; at most 2)")
    axis.spines["left"].set_visible(False)
    axis.tick_params(axis="y", length=0)
    return figure


def plot_gap_cosines(
    tables: list[pd.DataFrame], encoders: list[str], initials: list[str | None]
) -> Figure:
    """Histograms of the cosine between the gap and each embedding (chowers2026, Fig. 13).

    tables: columns modality, from, to, count, mean_absolute, dimension; one table an encoder. Each
    histogram is scaled to its own peak; grey is the density of a random direction.
    """
    figure, axes = panels(encoders, initials, (4.2, 2.5), sharex=True)
    for position, table in enumerate(tables):
        axis = axes[position]
        draw_random_direction(axis, int(table.dimension.iloc[0]))
        for row, (modality, counts) in enumerate(table.groupby("modality", sort=False)):
            merged = counts["count"].to_numpy().reshape(-1, 4).sum(axis=1)
            edges = np.append(counts["from"].to_numpy()[::4], 1.0)
            colour = MODALITY_COLOURS[modality]
            axis.stairs(merged / merged.max(), edges, color=colour, fill=True, alpha=0.18)
            axis.stairs(merged / merged.max(), edges, color=colour, linewidth=1.2)
            text = f"{modality}s: mean |cos| {counts.mean_absolute.iloc[0]:.3f}"
            axis.text(-0.98, 1.24 - 0.15 * row, text, color=colour, fontsize=8, va="center")
        axis.set_xlim(-1, 1)
        axis.set_ylim(0, 1.32)
        axis.set_yticks([])
        axis.tick_params(labelbottom=True)  # the panel below may be missing
    figure.supxlabel("cosine between the gap and an embedding, seen from its centre", fontsize=9)
    figure.supylabel("number of items,\nscaled to the peak", fontsize=9)
    return figure


def draw_random_direction(axis, dimension: int) -> None:
    """The density of the cosine with a random direction, (1 − c²)^((d − 3)/2), scaled to its peak."""
    cosines = np.linspace(-0.999, 0.999, 801)
    density = np.exp((dimension - 3) / 2 * np.log1p(-(cosines**2)))
    axis.plot(cosines, density / density.max(), color=GREY, linewidth=1, linestyle="--")
    axis.text(-0.98, 0.94, "- - a random direction", color=GREY, fontsize=8, va="center")
