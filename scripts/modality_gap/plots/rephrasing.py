"""Figures of rephrasing."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from modality_gap.closing.rephrasing import ACCURACY, ALL_TEXTS, ANSWER, CLEAN_ACCURACY, KEPT
from modality_gap.plots.style import BLUE, GREEN, GREY, ORANGE, PURPLE, readable, spread

DARK = "#222222"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE)
LINES = {"euclidean": "-", "cosine": ":"}
TITLES = {
    ANSWER: "right answer rephrased: one of four",
    ALL_TEXTS: "all texts rephrased: nearest of all",
}


def plot_rephrasing(
    results: list[pd.DataFrame], noises: list[pd.DataFrame], encoders: list[str]
) -> Figure:
    """Choices in other words while the gap closes, and what other words do (chowers2026, Figs. 10, 15).

    results: of `rephrasing.answer_table` and `template_table`, noises: of `noise_table`; one of each
    an encoder: two rows of panels.
    """
    figure, axes = plt.subplots(
        2 * len(encoders), 3, figsize=(10.2, 4.9 * len(encoders) + 0.3), squeeze=False
    )
    for place, (result, noise, encoder) in enumerate(zip(results, noises, encoders, strict=True)):
        kinds = list(dict.fromkeys([*result.kind, *noise.kind]))
        colours = dict(zip(kinds, COLOURS, strict=False))
        for row, experiment in zip(axes[2 * place : 2 * place + 2], TITLES, strict=True):
            own = result[result.experiment == experiment]
            draw_curves(row[0], own[own.measure.isin([ACCURACY, CLEAN_ACCURACY])], colours)
            draw_curves(row[1], own[own.measure == KEPT], colours)
            row[0].set_title(f"{readable(encoder)}, {TITLES[experiment]}", fontsize=8.5)
            row[0].set_ylabel("accuracy")
            row[1].set_ylabel("choices kept")
            row[1].set_xlabel("share α of the gap that is closed")
            row[0].set_xlabel("share α of the gap that is closed")
        upper, lower = axes[2 * place : 2 * place + 2, 2]
        draw_noise(upper, noise, "off_diagonal_share", colours)
        draw_noise(upper, noise, "independent", dict.fromkeys(kinds, GREY))
        upper.set_title("are dimensions correlated?", fontsize=8.5)
        upper.set_xlabel("d(C); grey: of independent dimensions")
        upper.set_xlim(0, 1.04)
        draw_noise(lower, noise, "along_gap", colours)
        lower.axvline(1, color=GREY, linewidth=1, linestyle="--")
        lower.set_title("is it along the gap?", fontsize=8.5)
        lower.set_xlabel("variance along the gap (random direction: 1)")
        lower.set_xlim(0, 1.1 * max([1, *noise.along_gap]))
    figure.suptitle(" ", fontsize=9)
    figure.text(
        0.01, 0.995, "— Euclidean distance   ··· cosine   - - own wording", fontsize=8.5, va="top"
    )
    return figure


def draw_curves(axis: Axes, table: pd.DataFrame, colours: dict[str, str]) -> None:
    """Curves against α, a kind of rephrasing each, named at their ends; own wording is dashed."""
    if table.empty:
        say(axis, "not every text has such wordings")
        return
    ends = []
    for (kind, distance, measure), curve in table.groupby(
        ["kind", "distance", "measure"], sort=False
    ):
        curve = curve.sort_values("alpha")
        clean = measure == CLEAN_ACCURACY
        if clean and (distance != "euclidean" or any(name == "own wording" for _, name, _ in ends)):
            continue
        colour, line = (DARK, "--") if clean else (colours[kind], LINES[distance])
        axis.plot(curve.alpha, curve["mean"], color=colour, linestyle=line, linewidth=1.5)
        if distance == "euclidean":
            axis.fill_between(curve.alpha, curve.low, curve.high, color=colour, alpha=0.1, lw=0)
            ends.append((curve["mean"].iloc[-1], "own wording" if clean else kind, colour))
    ends.sort()
    top = max(1.05 * table.high.max(), 0.05)
    right, width = table.alpha.max(), np.ptp(table.alpha)
    places = spread([end[0] for end in ends], 0.085 * top)
    for place, (_, name, colour) in zip(places, ends, strict=True):
        axis.text(right + 0.03 * width, place, name, color=colour, va="center", fontsize=8)
    axis.set_xlim(right=right + 0.42 * width)
    axis.set_xticks(sorted(table.alpha.unique()))
    axis.set_ylim(0, max([top, *(place + 0.05 * top for place in places)]))
    axis.grid(axis="y")


def say(axis: Axes, why: str) -> None:
    """Why a panel is empty."""
    axis.text(0.5, 0.5, why, transform=axis.transAxes, ha="center", color=GREY, fontsize=8)
    axis.set_yticks([])


def draw_noise(axis: Axes, noise: pd.DataFrame, column: str, colours: dict[str, str]) -> None:
    """A dot a rephrasing, a row a kind."""
    kinds = list(noise.kind.unique())
    if not kinds:
        say(axis, "too few texts")
        return
    for place, kind in enumerate(kinds):
        values = noise[noise.kind == kind][column]
        heights = place + np.linspace(-0.22, 0.22, len(values)) * (len(values) > 1)
        axis.plot(values, heights, "o", color=colours[kind], ms=4, alpha=0.75)
    axis.set_yticks(range(len(kinds)), kinds)
    axis.set_ylim(len(kinds) - 0.5, -0.5)
    axis.tick_params(axis="y", length=0)
