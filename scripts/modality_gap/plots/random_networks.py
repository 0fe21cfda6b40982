"""Figures of random networks: cosine by depth, and the theorems on random layers."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from modality_gap.measures.intervals import mean_intervals
from modality_gap.plots.style import BLUE, GREEN, GREY, ORANGE, PURPLE, spread

BLACK, YELLOW, SKY = "#222222", "#E69F00", "#56B4E9"
COLOURS = {
    "none": GREY,
    "sigmoid": PURPLE,
    "tanh": GREEN,
    "relu": BLUE,
    "leaky_relu": SKY,
    "gelu": ORANGE,
    "quick_gelu": YELLOW,
}
NAMES = {
    "none": "none",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "relu": "ReLU",
    "leaky_relu": "leaky ReLU",
    "gelu": "GELU",
    "quick_gelu": "QuickGELU",
}
WIDTH_COLOURS = (SKY, BLUE, PURPLE, BLACK, ORANGE, GREEN)


def plot_mlp_depth(table: pd.DataFrame) -> Figure:
    """Mean cosine of all pairs by depth, with and without bias (liang2022, Fig. 2b).

    table: of `depth_table`. Dots with 95% intervals are measured, lines are infinite width.
    """
    figure, axes = plt.subplots(1, 2, figsize=(9.4, 3.9), sharey=True)
    for axis, bias in zip(axes, (False, True), strict=True):
        here = table[table.bias == bias]
        measured = mean_intervals(here, ["activation", "layer"], "mean_cosine")
        for activation, points in measured.groupby("activation", sort=False):
            colour = COLOURS[activation]
            predicted = here[(here.activation == activation) & (here.repeat == here.repeat.min())]
            axis.plot(predicted.layer, predicted.predicted_cosine, color=colour, linewidth=1.2)
            errors = np.abs(points[["low", "high"]].to_numpy().T - points["mean"].to_numpy())
            axis.errorbar(
                points.layer, points["mean"], errors, fmt="o", ms=2.8, color=colour, elinewidth=0.9
            )
        name_curves(axis, measured)
        axis.set_title("with bias" if bias else "without bias")
        axis.set_xlabel("number of layers")
        axis.set_ylim(-0.06, 1.06)
        axis.grid(axis="y")
        last = int(table.layer.max())
        axis.set_xlim(-0.5, last * 1.3)
        axis.set_xticks(range(0, last + 1, 5))
    axes[0].set_ylabel("mean cosine similarity of two inputs")
    number = table.repeat.nunique()
    figure.suptitle(
        f"● measured: mean of {number} random networks, with 95% interval     "
        "— predicted: networks of infinite width",
        fontsize=8.5,
        color="#444444",
    )
    return figure


def name_curves(axis, measured: pd.DataFrame) -> None:
    """Each curve's name at its right end; what ends together is named in one line."""
    ends = measured[measured.layer == measured.layer.max()].sort_values("mean")
    places = spread(list(ends["mean"]), 0.062)
    overhang = max(0.0, places[-1] - 1.03)
    for place, row in zip(places, ends.itertuples(), strict=True):
        name = NAMES[row.activation]
        colour = COLOURS[row.activation]
        x = row.layer + 0.9
        axis.text(x, place - overhang, name, color=colour, va="center", fontsize=8)


def plot_layer_theorems(
    rising: pd.DataFrame, products: pd.DataFrame, variance: pd.DataFrame
) -> Figure:
    """Theorem 1, Lemma 3 and Theorems 2/4 of liang2022 beside Monte Carlo.

    rising, products, variance: of `rising_table`, `inner_product_table`, `variance_table`.
    """
    ratios = list(dict.fromkeys(rising.length_ratio))
    figure = plt.figure(figsize=(3.3 * max(2, len(ratios)), 6.6))
    upper, lower = figure.subfigures(2, 1, height_ratios=[1, 1.1])
    axes = upper.subplots(1, len(ratios), sharey=True, squeeze=False)[0]
    for axis, ratio in zip(axes, ratios, strict=True):
        draw_rising(axis, rising[rising.length_ratio == ratio], ratio)
    axes[0].set_ylabel("probability that one\nReLU layer raises the cosine")
    upper.supxlabel("cosine of the two inputs", fontsize=9)
    left, right = lower.subplots(1, 2)
    draw_products(left, products)
    draw_variance(right, variance)
    return figure


def draw_rising(axis, table: pd.DataFrame, ratio: float) -> None:
    """Probability by cosine, a curve a width; up to the line the theorem promises a rise."""
    bound = table.bound.iloc[0]
    widths = list(dict.fromkeys(table.width))
    for width, colour in zip(widths, WIDTH_COLOURS, strict=False):
        here = table[table.width == width]
        axis.plot(here.cosine, here.probability, color=colour, marker="o", ms=2.2, linewidth=1.2)
        axis.fill_between(here.cosine, here.low, here.high, color=colour, alpha=0.2, linewidth=0)
    for row, (width, colour) in enumerate(zip(widths, WIDTH_COLOURS, strict=False)):
        axis.text(-0.88, 0.36 - 0.1 * row, f"width {width}", color=colour, fontsize=8)
    axis.axvline(bound, color=GREY, linestyle="--", linewidth=1)
    axis.text(bound - 0.04, 0.03, "Theorem 1's bound", color=GREY, fontsize=8, ha="right")
    axis.set_title(f"lengths 1 and {ratio:g}", weight="normal")
    axis.set_xlim(-1, 1.03)
    axis.set_ylim(-0.03, 1.06)
    axis.grid(axis="y")


def draw_products(axis, table: pd.DataFrame) -> None:
    """Lemma 3: the bound, the closed form and the Monte Carlo means."""
    axis.plot(table.cosine, table.lower_bound, color=GREY, linestyle="--", linewidth=1.2)
    axis.plot(table.cosine, table.closed_form, color=BLUE, linewidth=1.2)
    for name, colour in (("before", GREY), ("after", BLUE)):
        low, high = table[f"{name}_low"], table[f"{name}_high"]
        errors = [table[name] - low, high - table[name]]
        axis.errorbar(table.cosine, table[name], errors, fmt="o", ms=3, color=colour)
    axis.text(-0.95, 1.0, "2 E[φ(Wu+b)·φ(Wv+b)],\nafter the ReLU", color=BLUE, fontsize=8)
    axis.text(0.05, 0.72, "1 + u·v = E[(Wu+b)·(Wv+b)],\nbefore it", color=GREY, fontsize=8)
    axis.set_title("Lemma 3: the ReLU adds to inner products", weight="normal")
    axis.set_xlabel("cosine of the two inputs, u·v (unit length)")
    axis.set_ylabel("expected inner product")
    axis.grid(axis="y")


def draw_variance(axis, table: pd.DataFrame) -> None:
    """Theorems 2 and 4: the share of variance from random weights lies above β at every depth."""
    for name, colour, label, x, y in (
        ("from_weights", BLUE, "share of variance\ndue to random weights", 1.0, 1.03),
        ("beta", ORANGE, "β, the bound of Theorem 4:\nhow alike the layer before is", 3.2, 0.62),
    ):
        errors = [
            table[name] - table[f"{name}_low"],
            (table[f"{name}_high"] - table[name]).clip(lower=0),
        ]
        axis.errorbar(
            table.layer, table[name], np.abs(errors), color=colour, marker="o", ms=3, linewidth=1.2
        )
        va = "bottom" if name == "from_weights" else "top"
        axis.text(x, y, label, color=colour, fontsize=8, va=va, ha="left")
    axis.set_title("Theorems 2, 4: variance by depth", weight="normal")
    axis.set_xlabel("layer")
    axis.set_ylabel("share")
    axis.set_ylim(-0.04, 1.22)
    axis.set_yticks([0, 0.25, 0.5, 0.75, 1])
    axis.grid(axis="y")
