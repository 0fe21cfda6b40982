"""Figures of paired embeddings in a plane."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from modality_gap.plots.style import MODALITY_COLOURS, panels, readable

AXIS_NAMES = {"pca": "principal component", "svd": "singular vector", "umap": "UMAP axis"}


def plot_view(
    tables: list[pd.DataFrame], method: str, encoders: list[str], initials: list[str | None]
) -> Figure:
    """Images and texts in a plane, a line a pair, a panel an encoder (liang2022, Figs. 1b-c, 4).

    tables: columns pair, modality, x, y, x_share, y_share; one table an encoder.
    """
    figure, axes = panels(encoders, initials, (4.0, 3.5))
    for position, table in enumerate(tables):
        axis = axes[position]
        draw(axis, table)
        for name, place in (("image", -52), ("text", 0)):
            axis.annotate(
                f"● {name}s",
                (1, 1.02),
                (place, 0),
                xycoords="axes fraction",
                textcoords="offset points",
                color=MODALITY_COLOURS[name],
                weight="bold",
                ha="right",
                va="bottom",
            )
        for name, set_label, share in (
            ("1", axis.set_xlabel, table.x_share.iloc[0]),
            ("2", axis.set_ylabel, table.y_share.iloc[0]),
        ):
            part = "" if np.isnan(share) else f" ({share:.0%})"
            set_label(f"{AXIS_NAMES[method]} {name}{part}")
        if method != "umap":
            axis.set_aspect("equal", adjustable="datalim")
    return figure


def plot_shift_view(tables: list[pd.DataFrame], encoders: list[str]) -> Figure:
    """Images and texts while they move along the gap: a row an encoder (liang2022, Fig. 3a).

    tables: columns share, centre_distance, pair, modality, x, y; one table an encoder.
    """
    shares = sorted(tables[0].share.unique())
    figure, axes = plt.subplots(
        len(tables),
        len(shares),
        figsize=(3.2 * len(shares), 3.0 * len(tables)),
        squeeze=False,
        sharex="row",
        sharey="row",
    )
    for row, (table, encoder) in enumerate(zip(tables, encoders, strict=True)):
        for axis, (share, points) in zip(axes[row], table.groupby("share"), strict=True):
            draw(axis, points)
            moved = f"moved by {share:.0%} of the gap" if share else "as it is"
            axis.set_title(f"{moved}\n{points.centre_distance.iloc[0]:.2f} apart", weight="normal")
            axis.set_aspect("equal", adjustable="box")
        axes[row, 0].set_ylabel(readable(encoder), weight="bold")
    figure.suptitle(" ", fontsize=9)
    for name, place in (("image", 0.1), ("text", 0.9)):
        place = 0.02 + place / figure.get_figwidth()
        colour = MODALITY_COLOURS[name]
        figure.text(place, 0.995, f"● {name}s", color=colour, weight="bold", va="top")
    return figure


def draw(axis, table: pd.DataFrame) -> None:
    """Points of both modalities, and lines between pairs."""
    images, texts = (
        table[table.modality == name].sort_values("pair") for name in ("image", "text")
    )
    segments = np.stack([images[["x", "y"]], texts[["x", "y"]]], axis=1)
    axis.add_collection(LineCollection(segments, colors="#999999", linewidths=0.3, alpha=0.35))
    for name, points in (("image", images), ("text", texts)):
        colour = MODALITY_COLOURS[name]
        axis.scatter(points.x, points.y, s=7, color=colour, alpha=0.75, linewidths=0, zorder=2)
    axis.margins(0.08)
    axis.set_xticks([])
    axis.set_yticks([])
