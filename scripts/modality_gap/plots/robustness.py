"""Figures of robustness to noise while the gap is closed."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from modality_gap.plots.style import BLUE, GREEN, GREY, ORANGE, PURPLE, readable, spread

# From Okabe and Ito: light noise to heavy noise, or one a kind of noise.
COLOURS = [BLUE, GREEN, ORANGE, PURPLE, "#E69F00", "#56B4E9"]
BLACK = "#222222"
ALPHA_LABEL = "α: what is retrieved moves by α·g′ (0 as it is, 1 gap closed)"


def plot_robustness(controlled: pd.DataFrame) -> Figure:
    """Robustness and clean accuracy against α, a panel a task (chowers2026, Fig. 8).

    controlled: of `robustness.robustness_tables`. Lines by Euclidean distance, dashes by cosine.
    """
    figure, axes = task_panels(controlled)
    for axis, (name, table) in zip(axes, controlled.groupby("task", sort=False), strict=True):
        part = table.kept_length.iloc[0]
        axis.set_title(f"{readable(name)}\n‖g′‖ = {part:.2f} ‖g‖")
        ends = draw_accuracy(axis, table[table.distance == "euclidean"])
        for colour, (deviation, cell) in zip(COLOURS, table.groupby("deviation"), strict=False):
            by_distance = dict(list(cell.groupby("distance")))
            draw_line(axis, by_distance["euclidean"], "alpha", "robustness", colour)
            other = by_distance["cosine"]
            axis.plot(other.alpha, other.robustness, color=colour, linestyle="--", linewidth=1)
            ends.append(
                (by_distance["euclidean"].robustness.iloc[-1], f"σ = {deviation:g}", colour)
            )
        label_ends(axis, ends)
        finish_alpha(axis)
    axes[0].set_ylabel("share of queries that keep their nearest\n(lines Euclidean, dashes cosine)")
    figure.supxlabel(ALPHA_LABEL, fontsize=9)
    return figure


def plot_noises(noises: pd.DataFrame) -> Figure:
    """Robustness to noise of one variance and several distributions (chowers2026, Fig. 14).

    noises: of `robustness.robustness_tables`.
    """
    figure, axes = task_panels(noises)
    for axis, (name, table) in zip(axes, noises.groupby("task", sort=False), strict=True):
        axis.set_title(readable(name))
        ends = []
        for colour, (noise, cell) in zip(COLOURS, table.groupby("noise", sort=False), strict=False):
            draw_line(axis, cell, "alpha", "robustness", colour)
            ends.append((cell.robustness.iloc[-1], readable(noise), colour))
        lowest, highest = table.robustness_low.min(), table.robustness_high.max()
        margin = max(0.01, 0.1 * (highest - lowest))
        axis.set_ylim(max(0, lowest - margin), min(1.02, highest + margin))
        label_ends(axis, ends)
        finish_alpha(axis)
    deviation = noises.deviation.iloc[0]
    axes[0].set_ylabel(f"share of queries that keep\ntheir nearest, σ = {deviation:g}")
    figure.supxlabel(ALPHA_LABEL, fontsize=9)
    return figure


def plot_two_class(two_class: pd.DataFrame) -> Figure:
    """Robustness of two classes: theory (lines) and simulation (points) (chowers2026, Thm. 3.4).

    two_class: of `robustness.two_class_table`.
    """
    titles = {
        "centred_gaussian": "noise that sums to zero,\nas in the theorem",
        "gaussian": "independent noise,\nas in the experiments",
        "with_mean": "noise with a mean,\nqueries with a margin left",
        "correlated": "correlated noise,\nmoved along the gap",
        "correlated_across": "correlated noise,\nmoved across the gap",
    }
    titles = {noise: title for noise, title in titles.items() if noise in set(two_class.noise)}
    size = (4.2 * len(titles), 3.4)
    figure, axes = plt.subplots(1, len(titles), figsize=size, sharey=True)
    for axis, (noise, title) in zip(axes, titles.items(), strict=True):
        axis.set_title(title)
        table, ends = two_class[two_class.noise == noise], []
        for colour, (deviation, cell) in zip(COLOURS, table.groupby("deviation"), strict=False):
            axis.plot(cell.alpha, cell.predicted, color=colour)
            errors = [
                cell.robustness - cell.robustness_low,
                cell.robustness_high - cell.robustness,
            ]
            axis.errorbar(
                cell.alpha, cell.robustness, errors, color=colour, marker="o", ms=3, ls="none"
            )
            ends.append((cell.predicted.iloc[-1], f"σ = {deviation:g}", colour))
        axis.set_ylim(0.45, 1.03)
        label_ends(axis, ends)
        finish_alpha(axis)
        axis.axhline(0.5, color=GREY, linewidth=0.8, linestyle=":")
    axes[0].text(two_class.alpha.min(), 0.505, "chance", color=GREY, fontsize=8, va="bottom")
    axes[0].set_ylabel("share of queries that keep their nearest\n(lines theory, points simulated)")
    figure.supxlabel("α: texts move by α·g (0 as they are, 1 gap closed)", fontsize=9)
    return figure


def plot_tradeoff(tradeoff: pd.DataFrame) -> Figure:
    """Robustness gained and accuracy lost at α = 1, over the threshold (chowers2026, Figs. 18, 19).

    tradeoff: of `robustness.threshold_tradeoff`, column task besides.
    """
    tasks, readings = list(tradeoff.task.unique()), list(tradeoff.reading.unique())
    size = (max(5.6, 3.4 * len(tasks) + 0.4), 2.7 * len(readings) + 0.3)
    figure, axes = plt.subplots(
        len(readings), len(tasks), figsize=size, squeeze=False, sharey="col", sharex=True
    )
    cells = dict(list(tradeoff.groupby(["reading", "task"], sort=False)))
    for row, reading in enumerate(readings):
        for column, task in enumerate(tasks):
            draw_tradeoff(axes[row, column], cells[reading, task])
            axes[row, column].set_title(f"{readable(task)}: {readable(reading)}")
        axes[row, 0].set_ylabel("change from the model as it is")
    figure.supxlabel(
        "threshold ε (0: g′ orthogonal to all components, 1: the whole gap)\n"
        "filled: more robustness gained than accuracy lost, beyond the 95% interval",
        fontsize=9,
    )
    return figure


def draw_tradeoff(axis: Axes, table: pd.DataFrame) -> None:
    """Gain of every noise and the loss, over evenly spaced thresholds."""
    ends = []
    for colour, (deviation, cell) in zip(COLOURS, table.groupby("deviation"), strict=False):
        places = np.arange(len(cell))
        draw_line(axis, cell.assign(place=places), "place", "change", colour, marker=False)
        worth = (cell.change_low + cell.accuracy_change > 0).to_numpy()
        for chosen, face in ((worth, colour), (~worth, "white")):
            axis.plot(
                places[chosen],
                cell.change[chosen],
                "o",
                color=colour,
                markerfacecolor=face,
                ms=4,
            )
        ends.append((cell.change.iloc[-1], f"gain, σ = {deviation:g}", colour))
    axis.plot(places, -cell.accuracy_change, color=BLACK, linestyle="--")
    ends.append((-cell.accuracy_change.iloc[-1], "loss of accuracy", BLACK))
    axis.axhline(0, color=GREY, linewidth=0.8)
    axis.set_xticks(places, [f"{value:g}" for value in cell.threshold])
    label_ends(axis, ends)
    axis.tick_params(labelbottom=True)


def task_panels(table: pd.DataFrame) -> tuple[Figure, list[Axes]]:
    """A row of panels, one a task."""
    number = table.task.nunique()
    figure, axes = plt.subplots(
        1, number, figsize=(max(5.0, 3.3 * number + 0.6), 3.3), squeeze=False
    )
    return figure, list(axes[0])


def draw_accuracy(axis: Axes, table: pd.DataFrame) -> list[tuple]:
    """Clean accuracy against α; returns its label."""
    cell = table[table.deviation == table.deviation.iloc[0]]
    axis.plot(cell.alpha, cell.accuracy, color=BLACK, linewidth=1.3, linestyle=":")
    axis.set_ylim(0, 1.04)
    return [(cell.accuracy.iloc[-1], "clean accuracy", BLACK)]


def draw_line(
    axis: Axes, cell: pd.DataFrame, x: str, y: str, colour: str, marker: bool = True
) -> None:
    """Means with their interval as a band."""
    axis.plot(cell[x], cell[y], color=colour, marker="o" if marker else None, ms=2.5)
    low, high = cell[f"{y}_low"], cell[f"{y}_high"]
    axis.fill_between(cell[x], low, high, color=colour, alpha=0.12, linewidth=0)


def label_ends(axis: Axes, ends: list[tuple]) -> None:
    """Names at the right ends of lines, moved apart where they would overlap."""
    ends = sorted(ends, key=lambda end: end[0])
    low, high = axis.get_ylim()
    places = spread([place for place, _, _ in ends], 0.075 * (high - low))
    beyond = max(0, places[-1] - high)
    for place, (_, text, colour) in zip(places, ends, strict=True):
        axis.annotate(
            text,
            (1.02, (place - beyond - low) / (high - low)),
            xycoords="axes fraction",
            color=colour,
            fontsize=8,
            va="center",
        )


def finish_alpha(axis: Axes) -> None:
    """Where nothing moves and where the gap is closed."""
    for alpha in (0, 1):
        axis.axvline(alpha, color=GREY, linewidth=0.8, linestyle=":", zorder=0)
    axis.grid(axis="y")
