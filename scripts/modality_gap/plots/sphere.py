"""Figures of six pairs on a sphere."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from modality_gap.plots.style import BLUE, GREEN, GREY, MODALITY_COLOURS, ORANGE, PURPLE

COLOURS = (GREY, GREEN, BLUE, PURPLE, ORANGE)


def plot_sphere(landscape: pd.DataFrame, pairs: pd.DataFrame) -> Figure:
    """The pairs in space, and the loss against the texts' shift (liang2022, Figs. 3e-g, 9).

    landscape: of `sphere_landscape`; pairs: of `pair_positions`, matched and mismatched. A row for
    mismatched and one for matched pairs; a column a spacing.
    """
    spacings = list(dict.fromkeys(landscape.spacing))
    figure = plt.figure(figsize=(3.4 + 3.6 * len(spacings), 6.4))
    grid = figure.add_gridspec(2, 1 + len(spacings), width_ratios=[1, *[1.25] * len(spacings)])
    for row, matched in enumerate((False, True)):
        picture = figure.add_subplot(grid[row, 0], projection="3d")
        draw_pairs(picture, pairs[pairs.matched == matched])
        title = "matched pairs" if matched else "two of six pairs mismatched"
        picture.set_title(title, y=0.98)
        for column, spacing in enumerate(spacings, start=1):
            axis = figure.add_subplot(grid[row, column])
            here = landscape[(landscape.matched == matched) & (landscape.spacing == spacing)]
            draw_losses(axis, here)
            axis.set_title(f"pairs {spacing:g}° apart", weight="normal")
            if row == 1:
                axis.set_xlabel("texts' distance from their images, in degrees")
            if column == 1:
                axis.set_ylabel("loss above its minimum,\nscaled to its largest value")
    return figure


def draw_losses(axis, table: pd.DataFrame) -> None:
    """A curve a temperature, each scaled to its own range, with a dot at its minimum."""
    curves = list(table.groupby("logit_scale", sort=False))
    for row, ((logit_scale, curve), colour) in enumerate(zip(curves, COLOURS, strict=False)):
        height = curve.loss - curve.loss.min()
        height = height / height.max()
        best = curve["shift"].to_numpy()[height.to_numpy().argmin()]
        axis.plot(curve["shift"], height, color=colour, linewidth=1.3)
        axis.plot([best, -best], [0, 0], "o", color=colour, ms=4, clip_on=False, zorder=5)
        text = f"1/τ = {logit_scale:g}: minimum at {abs(best):.0f}°"
        axis.text(0, 1.33 - 0.075 * row, text, color=colour, fontsize=7.5, ha="center")
    axis.axvline(0, color=GREY, linewidth=0.8, linestyle=":", ymax=0.7)
    axis.set_xticks([-90, -45, 0, 45, 90])
    axis.set_yticks([0, 0.5, 1])
    axis.set_ylim(-0.03, 1.4)


def draw_pairs(axis, pairs: pd.DataFrame) -> None:
    """The sphere, its equator, and the six pairs, joined."""
    around, up = np.meshgrid(np.linspace(0, 2 * np.pi, 37), np.linspace(0, np.pi, 19))
    axis.plot_wireframe(
        np.sin(up) * np.cos(around),
        np.sin(up) * np.sin(around),
        np.cos(up),
        color="#dddddd",
        linewidth=0.35,
    )
    circle = np.linspace(0, 2 * np.pi, 200)
    axis.plot(np.cos(circle), np.sin(circle), 0 * circle, color=GREY, linewidth=0.7)
    points = pairs.pivot(index="pair", columns="modality", values=["x", "y", "z"])
    for _, pair in points.iterrows():
        axis.plot(*(pair[name].to_numpy() for name in "xyz"), color=GREY, linewidth=0.9)
    for modality, colour in MODALITY_COLOURS.items():
        here = pairs[pairs.modality == modality]
        axis.scatter(here.x, here.y, here.z, color=colour, s=22, depthshade=False)
        last = here.iloc[-1]
        axis.text(
            1.1 * last.x - 0.12, last.y + 0.16, last.z, f"{modality}s", color=colour, fontsize=8
        )
    axis.set_box_aspect((1, 1, 1), zoom=1.45)
    axis.view_init(elev=12, azim=32)
    axis.set_axis_off()
