"""Figures of what the contrastive loss rewards."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from modality_gap.measures.intervals import mean_intervals
from modality_gap.plots.style import BLUE, GREEN, GREY, MODALITY_COLOURS, ORANGE, PURPLE, spread

COLOURS = (BLUE, GREEN, ORANGE, PURPLE)
SHAPES = {"image": "o", "text": "x"}
PREDICTIONS = {
    "gap term": "gradient, gap term alone",
    "first order": "gradient, whole first order",
    "assignment sums": "assignment sums Sʸ",
}
MODES = {
    ("along", "opposed"): ("along the gap, partners opposed", ORANGE),
    ("along", "aligned"): ("along the gap, partners alike", BLUE),
    ("across", "opposed"): ("across, partners opposed", PURPLE),
    ("across", "aligned"): ("across, partners alike", GREEN),
}
FORMS = {"as defined": BLUE, "as simplified": ORANGE}


def plot_loss_without_alignment(arrangements: pd.DataFrame, gap_lengths: pd.DataFrame) -> Figure:
    """Three pairs in four arrangements, and the loss against a gap's length (chowers2026, Fig. 3).

    arrangements: of `arrangement_table`; gap_lengths: of `gap_length_table`.
    """
    coldest = arrangements[arrangements.temperature == arrangements.temperature.min()]
    names = list(dict.fromkeys(coldest.arrangement))
    figure = plt.figure(figsize=(10.5, 5.4))
    above, below = figure.subfigures(2, 1, height_ratios=[1, 1.5])
    for axis, name in zip(above.subplots(1, len(names)), names, strict=True):
        points = coldest[coldest.arrangement == name]
        draw_pairs(axis, points)
        axis.set_title(name)
        first = points.iloc[0]
        axis.text(
            0,
            -1.35,
            f"τ = {first.temperature:g}: loss {first.loss:.2g}, gradient {first.gradient_norm:.2g}",
            ha="center",
            va="top",
            fontsize=8,
        )
    measured = (("loss", "contrastive loss (nats)"), ("gradient_norm", "norm of the gradient"))
    for axis, (measure, name) in zip(below.subplots(1, 2), measured, strict=True):
        draw_lengths(axis, gap_lengths, measure)
        axis.set_title(f"{name}, every pair matched")
    below.supxlabel("length of the gap (neighbours of a modality are 1 apart)", fontsize=9)
    return figure


def draw_pairs(axis, points: pd.DataFrame) -> None:
    """Images as circles, texts as crosses, a line a pair: bowed where it would hide others."""
    for _, pair in points.groupby("pair"):
        (x, other_x), (y, other_y) = pair.x, pair.y
        bow = 0.35 if y == other_y else 0
        line = {"arrowstyle": "-", "color": "#999999", "connectionstyle": f"arc3,rad={bow}"}
        axis.annotate("", (other_x, other_y), (x, y), arrowprops=line, zorder=1)
    for place, (modality, shape) in zip((-1.3, 0.2), SHAPES.items(), strict=True):
        side = points[points.modality == modality]
        colour = MODALITY_COLOURS[modality]
        fill = "none" if shape == "o" else colour
        axis.plot(side.x, side.y, shape, color=colour, mfc=fill, ms=7, mew=1.6)
        sign = "○" if shape == "o" else "×"
        axis.text(place, 0.8, f"{sign} {modality}s", color=colour, fontsize=8, weight="bold")
    axis.set_xlim(-1.6, 1.6)
    axis.set_ylim(-1.65, 1.05)
    axis.set_aspect("equal")
    axis.axis("off")


def draw_lengths(axis, table: pd.DataFrame, measure: str) -> None:
    """A colour a temperature; solid: the gap stands across the points' line, dashed: along it."""
    axis.set_yscale("log")
    ends = []
    for (temperature, curves), colour in zip(table.groupby("temperature"), COLOURS, strict=False):
        for gap, style in (("across", "-"), ("along", "--")):
            curve = curves[curves.gap == gap]
            axis.plot(curve.length, curve[measure], color=colour, linestyle=style)
            name = f"τ = {temperature:g}, {gap}"
            ends.append((np.log10(curve[measure].iloc[-1]), name, colour))
    low, high = np.log10(axis.get_ylim())
    ends.sort()
    places = spread([height for height, *_ in ends], 0.065 * (high - low))
    for place, (_, name, colour) in zip(places, ends, strict=True):
        axis.text(2.04, 10**place, name, color=colour, fontsize=8, va="center")
    axis.set_xlim(0, 2.75)
    axis.set_xticks([0, 0.5, 1, 1.5, 2])
    axis.grid(axis="y")


def plot_gradient_prediction(prediction: pd.DataFrame, rates: pd.DataFrame) -> Figure:
    """Error of first-order predictions, and what shrinks at which rate (chowers2026, Thm. 3.1).

    prediction: of `gradient_prediction`; rates: of `shrinking_rates`.
    """
    figure = plt.figure(figsize=(12.5, 3.7))
    left, right = figure.subfigures(1, 2, width_ratios=[2.1, 1])
    axes = left.subplots(1, 3, sharey=True)
    for axis, (name, title) in zip(axes, PREDICTIONS.items(), strict=True):
        draw_errors(axis, prediction[prediction.prediction == name])
        axis.set_title(title)
    axes[0].set_ylim(0.2 * prediction.error.min(), 5 * prediction.error.max())
    axes[0].set_ylabel("relative error of the prediction")
    left.supxlabel("standard deviation of the clusters, on either side of the gap", fontsize=9)
    draw_rates(right.subplots(), rates)
    return figure


def draw_errors(axis, table: pd.DataFrame) -> None:
    """Mean error over the seeds against the clusters' width, a colour a temperature."""
    axis.set_xscale("log")
    axis.set_yscale("log")
    ends = []
    for (temperature, part), colour in zip(table.groupby("temperature"), COLOURS, strict=False):
        curve = mean_intervals(part, ["deviation"], "error")
        axis.plot(curve.deviation, curve["mean"], color=colour, marker="o", ms=2.5)
        axis.fill_between(curve.deviation, curve.low, curve.high, color=colour, alpha=0.2, lw=0)
        ends.append((np.log10(curve["mean"].iloc[0]), f"τ = {temperature:g}", colour))
    ends.sort()
    places = spread([height for height, *_ in ends], 0.4)
    left, right = table.deviation.min(), table.deviation.max()
    for place, (_, name, colour) in zip(places, ends, strict=True):
        axis.text(left * 0.75, 10**place, name, color=colour, fontsize=8, va="center", ha="right")
    axis.set_xlim(left / 12, right * 1.3)
    axis.set_xticks([tick for tick in (1e-4, 1e-3, 1e-2, 1e-1) if left <= tick <= right])
    axis.grid(axis="y")


def draw_rates(axis, rates: pd.DataFrame) -> None:
    """Measured rates as dots, predicted ones as lines."""
    axis.set_xscale("log")
    axis.set_yscale("symlog", linthresh=1)
    axis.axhline(0, color=GREY, linewidth=0.8)
    axis.axvline(1, color=GREY, linewidth=0.8, linestyle=":")
    ends = []
    for mode, (name, colour) in MODES.items():
        curve = rates[(rates.direction == mode[0]) & (rates.partners == mode[1])]
        axis.plot(curve.ratio, curve.predicted, color=colour, linewidth=1)
        axis.plot(curve.ratio, curve.rate, ".", color=colour, ms=5)
        ends.append((curve.rate.iloc[-1], name, colour))
    # On this scale 9 and 11 are as good as equal: names stand on either side of the curves.
    for place, (_, name, colour) in zip((15.0, 6.0, 1.0, -1.0), ends, strict=True):
        axis.text(12, place, name.replace(", ", ",\n"), color=colour, fontsize=7.5, va="center")
    axis.text(0.95, -1.75, "‖g‖² = τ", color=GREY, fontsize=7.5, ha="right", va="center")
    axis.set_xlim(0.09, 130)
    axis.set_xticks([0.1, 1, 10], ["0.1", "1", "10"])
    axis.set_yticks([-1, 0, 1, 10], ["−1", "0", "1", "10"])
    axis.set_ylim(-2.2, 22)
    axis.set_title("descent shrinks (above 0) or grows")
    axis.set_xlabel("‖g‖²/τ")
    axis.set_ylabel("rate of shrinking, in 4/(τN)")
    axis.minorticks_off()


def plot_shared_caption(table: pd.DataFrame) -> Figure:
    """Two images with one caption under descent (chowers2026, appendix B).

    table: of `shared_caption_table`. Dotted: the exponential closing of the simplified loss.
    """
    figure, axes = plt.subplots(1, 2, figsize=(9.2, 3.5))
    moved = table[table.step > 0]
    for form, colour in FORMS.items():
        part = moved[moved.loss_form == form]
        for _, curves in part.groupby("initial_gap"):
            curve = mean_intervals(curves, ["step"], "modality_gap")
            axes[0].plot(curve.step, curve["mean"], color=colour)
            axes[0].fill_between(curve.step, curve.low, curve.high, color=colour, alpha=0.2, lw=0)
        excess = part.assign(loss=np.maximum(part.loss - 2 * np.log(2), 1e-15))
        for _, run in excess.groupby(["initial_gap", "seed"]):
            axes[1].plot(run.step, run.loss, color=colour, linewidth=0.5, alpha=0.5)
    for _, curve in moved.drop_duplicates(["initial_gap", "step"]).groupby("initial_gap"):
        axes[0].plot(curve.step, curve.closing_gap, color="black", linewidth=0.9, linestyle=":")
    top = 1.15 * table.initial_gap.max()
    for height, (form, colour) in zip((0.96, 0.1), FORMS.items(), strict=True):
        axes[0].text(
            0.98,
            height,
            f"loss {form}",
            transform=axes[0].transAxes,
            color=colour,
            ha="right",
            va="top",
            weight="bold",
        )
    axes[0].set_title("distance of the caption from the images' centre")
    axes[0].set_ylabel("modality gap")
    axes[0].set_ylim(-0.05, top)
    axes[1].set_title("loss above its minimum, 2 log 2")
    axes[1].set_ylabel("nats")
    axes[1].set_yscale("log")
    axes[1].set_ylim(1e-14, 30)
    for axis in axes:
        axis.set_xscale("log")
        axis.set_xlabel("step of descent")
        axis.grid(axis="y")
    return figure
