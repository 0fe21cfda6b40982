"""Figures of retrieval."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from modality_gap.plots.style import BLUE, GREEN, GREY, ORANGE, PURPLE, readable, spread

COLOURS = (PURPLE, BLUE, ORANGE, GREEN)
# In inches: of a panel, what stands above and below it, and from one name to the next.
PANEL, AROUND, LINE = 2.3, 0.7, 0.17


def plot_recall(tables: list[pd.DataFrame], encoders: list[str]) -> Figure:
    """Recall@k against k, a panel a direction, a curve an encoder; dotted: a random order.

    tables: columns direction, k, recall, chance, and low and high where it is that of a sample; one
    table an encoder.
    """
    panel = max(PANEL, LINE * (len(tables) + 1))
    figure, axes = plt.subplots(1, 2, figsize=(8, panel + AROUND), sharex=True, sharey=True)
    highest = max(table[["recall", "chance"]].to_numpy().max() for table in tables)
    lowest = 0.0
    for axis, direction in zip(axes, tables[0].direction.unique(), strict=True):
        curves = [table[table.direction == direction].sort_values("k") for table in tables]
        lines = [
            (
                curve.recall.iloc[-1],
                readable(name),
                curve.k,
                curve.recall,
                "-",
                COLOURS[i % len(COLOURS)],
                (curve.low, curve.high) if "low" in curve else None,
            )
            for i, (curve, name) in enumerate(zip(curves, encoders, strict=True))
        ]
        chance = curves[0]
        lines.append(
            (chance.chance.iloc[-1], "random order", chance.k, chance.chance, ":", GREY, None)
        )
        lines.sort(key=lambda line: line[0])
        places = spread([line[0] for line in lines], 0.085 * highest * PANEL / panel)
        above = max(0.0, places[-1] - 1.12 * highest)  # of many, not to leave the panel
        places = [place - above for place in places]
        for place, (last, name, k, recall, style, colour, bounds) in zip(
            places, lines, strict=True
        ):
            axis.plot(
                k, recall, marker="o" if style == "-" else "", ms=4, color=colour, linestyle=style
            )
            if bounds is not None:
                axis.fill_between(k, *bounds, color=colour, alpha=0.15, linewidth=0)
            axis.text(
                1.04 * k.iloc[-1],
                place,
                f"{last:.2f}  {name}",
                color=colour,
                va="center",
                fontsize=8,
            )
        axis.set_title(readable(direction))
        axis.set_xlabel("k")
        axis.set_xticks(chance.k)
        axis.set_xlim(0, 1.5 * chance.k.max())
        # Both panels have this axis, and half a label stands below its place.
        lowest = min(lowest, places[0] - 0.05 * highest)
        axis.set_ylim(lowest, 1.15 * highest)
        axis.grid(axis="y")
    axes[0].set_ylabel("recall@k")
    return figure
