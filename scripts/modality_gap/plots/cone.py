"""Figures of the cone."""

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from modality_gap.plots.style import BLUE, GREY, ORANGE, panels, spread

COLOURS = {"image_image": BLUE, "text_text": ORANGE, "image_text": GREY}


def plot_cosines(
    histograms: list[pd.DataFrame], encoders: list[str], initials: list[str | None]
) -> Figure:
    """Histograms of all pairwise cosines, a panel an encoder (liang2022, Figs. 2a, 6).

    histograms: columns pairs, from, to, count, mean; one table an encoder. Each histogram is scaled
    to its own peak: where it stands and how wide it is are what a cone is about.
    """
    figure, axes = panels(encoders, initials, (4.2, 2.7), sharex=True)
    for position, table in enumerate(histograms):
        draw(axes[position], table)
    figure.supxlabel("cosine similarity of a pair", fontsize=9)
    figure.supylabel("number of pairs,\nscaled to the peak", fontsize=9)
    return figure


def draw(axis, table: pd.DataFrame) -> None:
    """The three histograms of one encoder, each named at its peak, with its mean."""
    peaks = []
    for pairs, counts in table.groupby("pairs", sort=False):
        merged = counts["count"].to_numpy().reshape(-1, 4).sum(axis=1)
        edges = np.append(counts["from"].to_numpy()[::4], counts["to"].to_numpy()[-1])
        height = merged / merged.max()
        mean = counts["mean"].iloc[0]
        axis.stairs(height, edges, color=COLOURS[pairs], fill=True, alpha=0.18)
        axis.stairs(height, edges, color=COLOURS[pairs], linewidth=1.3)
        top = height[min(np.searchsorted(edges, mean) - 1, len(height) - 1)]
        peaks.append((mean, top, f"{pairs.replace('_', '–')}\nmean {mean:.3f}", COLOURS[pairs]))
    axis.axvline(0, color=GREY, linewidth=0.8, linestyle=":")
    axis.set_xlim(-1, 1.05)
    axis.set_ylim(0, 1.5)
    axis.set_yticks([])
    label_peaks(axis, sorted(peaks))


def label_peaks(axis, peaks: list[tuple]) -> None:
    """Names above the peaks, moved apart where they would overlap."""
    places = spread([mean for mean, *_ in peaks], 0.46)
    overhang = max(0, places[-1] - 0.85)
    top = axis.get_ylim()[1]
    for place, (mean, peak, text, colour) in zip(places, peaks, strict=True):
        axis.annotate(
            text,
            (mean, peak),
            (place - overhang, 0.98 * top),
            ha="center",
            va="top",
            color=colour,
            fontsize=8,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
            arrowprops={"arrowstyle": "-", "color": colour, "linewidth": 0.6},
        )
