"""Figures of retrieval."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from modality_gap.plots.style import BLUE, GREEN, GREY, ORANGE, PURPLE, readable

COLOURS = (GREY, BLUE, ORANGE, GREEN, PURPLE)


def plot_recall(tables: list[pd.DataFrame], encoders: list[str]) -> Figure:
    """Recall@k against k, a panel a direction, a curve an encoder; dotted: a random order.

    tables: columns direction, k, recall, chance; one table an encoder.
    """
    directions = tables[0].direction.unique()
    figure, axes = plt.subplots(1, 2, figsize=(8, 3), sharex=True, sharey=True)
    for axis, direction in zip(axes, directions, strict=True):
        for position, (table, name) in enumerate(zip(tables, encoders, strict=True)):
            curve = table[table.direction == direction].sort_values("k")
            colour = COLOURS[position % len(COLOURS)]
            axis.plot(curve.k, curve.recall, marker="o", ms=4, color=colour)
            axis.annotate(
                f"{readable(name)} {curve.recall.iloc[-1]:.2f}",
                (curve.k.iloc[-1], curve.recall.iloc[-1]),
                (6, 0),
                textcoords="offset points",
                va="center",
                color=colour,
                fontsize=8,
            )
        axis.plot(curve.k, curve.chance, color=GREY, linestyle=":", linewidth=1.2)
        axis.annotate("random order", (curve.k.iloc[0], curve.chance.iloc[0]), (0, 4),
                      textcoords="offset points", color=GREY, fontsize=8)
        axis.set_title(direction)
        axis.set_xlabel("k")
        axis.set_xticks(curve.k)
        axis.margins(x=0.35)
        axis.set_xlim(left=0)
        axis.set_ylim(0, 1)
        axis.grid(axis="y")
    axes[0].set_ylabel("recall@k")
    return figure
