"""Figures of the cone."""

import math

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from modality_gap.data.embeddings import UndefinedError
from modality_gap.plots.style import (
    BLUE,
    GREY,
    MODALITY_COLOURS,
    ORANGE,
    family_grid,
    panels,
    readable,
    spread,
)

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


def plot_cone(
    data: dict[str, pd.DataFrame],
    noise: dict[str, pd.DataFrame],
    encoders: list[str],
    initials: list[str | None],
) -> Figure:
    """Cosines within each modality, on data and on noise (liang2022, Figs. 2a, 6, 14).

    data, noise: histograms by encoder, columns pairs, from, to, count, mean, log_cap_share; an
    encoder of one modality has only its own pairs. A row a family and modality, initial weights
    left of trained ones.
    """
    rows = [
        (family, modality)
        for family in family_grid(encoders, initials)
        for modality in MODALITY_COLOURS
        if any(
            has(data[encoders[position]], modality) for position in family if position is not None
        )
    ]
    if not rows:
        raise UndefinedError("no modality has two items to form a pair")
    columns = max(len(family) for family, _ in rows)
    size = (4.4 * columns, 1.9 * len(rows) + 0.3)
    figure, axes = plt.subplots(len(rows), columns, figsize=size, squeeze=False, sharex=True)
    for row, (family, modality) in enumerate(rows):
        for column in range(columns):
            position = family[column] if column < len(family) else None
            if position is None or not has(data[encoders[position]], modality):
                axes[row, column].set_visible(False)
                continue
            name = encoders[position]
            draw_cone(axes[row, column], data[name], noise.get(name), modality)
            axes[row, column].set_title(f"{readable(name)}: {modality}s")
            # The panel below may be missing.
            axes[row, column].tick_params(labelbottom=True)
    figure.supxlabel("cosine similarity of two different items", fontsize=9)
    figure.supylabel("number of pairs, scaled to the peak", fontsize=9)
    return figure


def has(table: pd.DataFrame, modality: str) -> bool:
    """Whether a table of histograms has the pairs within a modality."""
    return (table.pairs == f"{modality}_{modality}").any()


def draw_cone(axis, data: pd.DataFrame, noise: pd.DataFrame | None, modality: str) -> None:
    """Histograms of one modality, each named with its mean and the share of the sphere it takes."""
    pairs = f"{modality}_{modality}"
    for row, (table, name, colour) in enumerate(
        ((data, "data", MODALITY_COLOURS[modality]), (noise, "noise", GREY))
    ):
        if table is None:
            continue
        here = table[table.pairs == pairs]
        counts = here["count"].to_numpy().reshape(-1, 4).sum(axis=1)
        edges = np.append(here["from"].to_numpy()[::4], 1.0)
        axis.stairs(counts / counts.max(), edges, color=colour, fill=True, alpha=0.18)
        axis.stairs(counts / counts.max(), edges, color=colour, linewidth=1.2)
        mean, share = here["mean"].iloc[0], here["log_cap_share"].iloc[0]
        text = f"{name}: mean {mean:.3f}, {cap(share)}"
        axis.text(-0.98, 1.52 - 0.22 * row, text, color=colour, fontsize=8, va="top")
    axis.axvline(0, color=GREY, linewidth=0.8, linestyle=":", ymax=0.63)
    axis.set_xlim(-1, 1.03)
    axis.set_ylim(0, 1.6)
    axis.set_yticks([])


def cap(log_share: float) -> str:
    """The share of the sphere that a cone takes, as a power of ten."""
    if not math.isfinite(log_share):
        return "a single point of the sphere"
    return f"$10^{{{log_share / math.log(10):.0f}}}$ of the sphere"
