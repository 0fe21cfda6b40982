"""Figure of the ways to close the modality gap."""

import textwrap

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from modality_gap.claims.mitigations import advice
from modality_gap.closing.mitigations import (
    DIRECTIONS,
    GAP,
    NOISE,
    RECALL,
    STORED,
)
from modality_gap.closing.ways import MITIGATIONS, NAMES, NONE
from modality_gap.plots.style import DIRECTION_COLOURS, readable

MEASURES = {
    GAP: "modality gap left",
    RECALL: "recall@1 ↑",
    NOISE: "kept under noise ↑",
    STORED: "recall@1 quantised ↑",
}
WIDTH, HEIGHT, FOOT = 10.2, 0.9 + 0.27 * len(MITIGATIONS), 0.3
LETTERS = 135  # of a line of the answer


def plot_ways_to_close(tables: list[pd.DataFrame], encoders: list[str]) -> Figure:
    """What each way to close the gap does to data that it was not fitted on, a row a way.

    tables: of `mitigations.mitigation_table`, one an encoder: a row of panels each, under its answer
    to whether the gap should be closed.
    """
    heights = [HEIGHT] * len(tables) + [FOOT]
    figure = plt.figure(figsize=(WIDTH, sum(heights)))
    *parts, foot = figure.subfigures(len(heights), 1, height_ratios=heights)
    for part, table, encoder in zip(parts, tables, encoders, strict=True):
        lines = textwrap.wrap(f"{readable(encoder)}. Close the gap? {advice(table)}", LETTERS)
        part.suptitle("\n".join(lines), x=0.01, ha="left", fontsize=8.5)
        axes = part.subplots(1, len(MEASURES), sharey=True)
        for axis, (measure, name) in zip(axes, MEASURES.items(), strict=True):
            draw_measure(axis, table[table.measure == measure])
            axis.set_title(name, fontsize=8.5)
        axes[0].set_yticks(range(len(MITIGATIONS)), [NAMES.get(name, name) for name in MITIGATIONS])
        axes[0].set_ylim(len(MITIGATIONS) - 0.4, -0.6)
    for place, direction in zip((0.14, 0.26), DIRECTIONS, strict=True):
        colour = DIRECTION_COLOURS[direction]
        foot.text(place, 0.3, readable(direction), color=colour, weight="bold", fontsize=8.5)
    foot.text(0.38, 0.3, "●  differs from none    ○  may not differ    - -  none", fontsize=8.5)
    return figure


def draw_measure(axis: Axes, rows: pd.DataFrame) -> None:
    """One measure of every way, a dot a direction, with 95% intervals."""
    for shift, direction in zip((-0.17, 0.17), DIRECTIONS, strict=True):
        own = rows[rows.direction == direction].set_index("mitigation")
        colour = DIRECTION_COLOURS[direction]
        axis.axvline(own["mean"][NONE], color=colour, linewidth=0.9, linestyle="--", zorder=1)
        for place, name in enumerate(MITIGATIONS):
            row = own.loc[name]
            differs = name == NONE or row.change_low > 0 or row.change_high < 0
            axis.plot([row.low, row.high], [place + shift] * 2, color=colour, linewidth=1.1)
            face = colour if differs else "white"
            axis.plot(row["mean"], place + shift, "o", color=colour, markerfacecolor=face, ms=4.5)
    axis.grid(axis="y")
    axis.tick_params(axis="y", length=0)
    axis.set_xlim(0, 1.08 * max(rows.high.max(), 0.05))
    axis.locator_params(axis="x", nbins=5)
