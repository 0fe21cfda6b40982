"""Figures of quantisation."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from modality_gap.closing.quantization import NEIGHBOUR, TASK
from modality_gap.plots.style import BLUE, GREY, ORANGE, readable, spread

NAMES = {
    "fixed_range": "[−3, 3]",
    "dimension_range": "range of dimension",
    "vector_scale": "scale of vector",
    "sign": "sign",
}
SHADES = plt.get_cmap("viridis")
SAME = 0.004  # curves that end closer to each other share a label


def plot_quantization(tables: list[pd.DataFrame], encoders: list[str]) -> Figure:
    """Neighbours kept and recall in few bits while the gap closes (chowers2026, Fig. 9).

    tables: of `quantization.quantization_table`, one an encoder: a row of panels each.
    """
    counts = [len(table[["scheme", "bits"]].drop_duplicates()) for table in tables]
    figure, axes = plt.subplots(
        len(tables),
        3,
        figsize=(10.5, sum(0.19 * count + 1.0 for count in counts)),
        width_ratios=[1.25, 1, 1],
        height_ratios=counts,
        squeeze=False,
    )
    for row, (table, encoder) in enumerate(zip(tables, encoders, strict=True)):
        curves, kept, recall = axes[row]
        draw_curves(curves, table)
        curves.set_title(f"{readable(encoder)}: levels on [−3, 3]")
        draw_changes(kept, table, NEIGHBOUR)
        kept.set_title("nearest text kept")
        draw_changes(recall, table, TASK)
        recall.set_title("recall@1 of the right text")
        recall.tick_params(axis="y", labelleft=False)
    axes[-1, 0].set_xlabel("share α of the gap that is closed, and gap left")
    for axis in axes[-1, 1:]:
        axis.set_xlabel("share of images")
        axis.locator_params(axis="x", nbins=4)
    for axis in axes[:, 0]:
        axis.set_ylabel("nearest text kept")
    figure.suptitle(" ", fontsize=9)
    for place, text, colour in (
        (0.70, "○ gap as it is (dashed: not quantised)", ORANGE),
        (0.99, "● closed as far as quantisation allows", BLUE),
    ):
        figure.text(
            place, 0.995, text, color=colour, ha="right", va="top", fontsize=8.5, weight="bold"
        )
    return figure


def draw_curves(axis: Axes, table: pd.DataFrame) -> None:
    """Share of nearest neighbours kept against α, a curve a number of bits, named at its end."""
    own = table[(table.scheme == "fixed_range") & (table.measure == NEIGHBOUR)]
    most, ends = own.bits.max(), []
    for bits, curve in own.sort_values("alpha").groupby("bits"):
        colour = SHADES(0.85 * (bits - 1) / most)
        axis.plot(curve.alpha, curve["mean"], color=colour, marker="o", ms=2.5)
        axis.fill_between(curve.alpha, curve.low, curve.high, color=colour, alpha=0.08, linewidth=0)
        last = curve["mean"].iloc[-1]
        if ends and abs(ends[-1][0] - last) < SAME:
            ends[-1][1].append(bits)
        else:
            ends.append((last, [bits], colour))
    ends.sort(key=lambda end: end[0])
    top = max(1.0, own.high.max())
    places = spread([end[0] for end in ends], 0.07 * top)
    right = own.alpha.max()
    for place, (_, bits, colour) in zip(places, ends, strict=True):
        name = f"{bits[0]}–{bits[-1]} bits" if len(bits) > 1 else f"{bits[0]} bits"
        axis.text(
            right + 0.03 * np.ptp(own.alpha), place, name, color=colour, va="center", fontsize=8
        )
    axis.set_xlim(right=right + 0.22 * np.ptp(own.alpha))
    axis.set_ylim(0, 1.06 * top)
    axis.grid(axis="y")
    ticks = table[table.scheme == "none"].drop_duplicates("alpha").sort_values("alpha")
    axis.set_xticks(ticks.alpha, [f"{row.alpha:g}\n{row.gap:.2f}" for row in ticks.itertuples()])


def draw_changes(axis: Axes, table: pd.DataFrame, measure: str) -> None:
    """A row a quantisation: at α = 0, and at the α that leaves the smallest gap after it."""
    own = table[table.measure == measure]
    schemes = own[own.scheme != "none"][["scheme", "bits"]].drop_duplicates()
    names = []
    for place, (scheme, bits) in enumerate(schemes.itertuples(index=False)):
        rows = own[(own.scheme == scheme) & (own.bits == bits)]
        before, after = rows[rows.alpha == 0].iloc[0], rows[rows.closest].iloc[0]
        axis.plot([after.low, after.high], [place, place], color=BLUE, linewidth=1.2)
        axis.plot(after["mean"], place, "o", color=BLUE, ms=4.5)
        axis.plot(
            before["mean"], place, "o", color=ORANGE, markerfacecolor="none", ms=5.5, zorder=3
        )
        differs = after.change_low > 0 or after.change_high < 0
        text = f"{round(after.change, 3) + 0:+.3f}".replace("-", "−")
        axis.text(
            1.01,
            place,
            text,
            transform=axis.get_yaxis_transform(),
            color=BLUE if differs else GREY,
            weight="bold" if differs else "normal",
            fontsize=7,
            va="center",
        )
        names.append(f"{NAMES[scheme]}, {bits} bit{'s' * (bits > 1)} (α = {after.alpha:g})")
    whole = own[own.scheme == "none"]
    if measure == TASK:
        for alpha, colour in ((0, ORANGE), (1, BLUE)):
            for mean in whole[whole.alpha == alpha]["mean"]:
                axis.axvline(mean, color=colour, linewidth=1, linestyle="--", zorder=1)
    axis.set_yticks(range(len(names)), names)
    axis.set_ylim(len(names) - 0.4, -0.6)
    axis.tick_params(axis="y", length=0)
    axis.grid(axis="y")
    axis.set_xlim(0, 1.2 * max(own.high.max(), 0.05) if measure == TASK else 1.02)
