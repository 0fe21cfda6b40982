"""Figures of the loss while the modalities move along the gap."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from modality_gap.plots.style import DIRECTION_COLOURS, GREY, readable


def plot_shift_landscape(tables: list[pd.DataFrame], encoders: list[str]) -> Figure:
    """Loss against signed centre distance: a row an encoder, a column a temperature.

    tables: columns shift, centre_distance, temperature, direction, loss, and low and high where it
    is that of a sample; one table an encoder. The dashed line is the encoder's own gap, the dot the minimum of the symmetric loss
    (liang2022, Fig. 3b-d).
    """
    temperatures = sorted(tables[0].temperature.unique())
    shape = len(tables), len(temperatures)
    figure, axes = plt.subplots(
        *shape, figsize=(2.1 * shape[1], 2.3 * shape[0] + 0.6), sharex=True, squeeze=False
    )
    for row, (table, encoder) in enumerate(zip(tables, encoders, strict=True)):
        for column, temperature in enumerate(temperatures):
            axis = axes[row, column]
            draw(axis, table[table.temperature == temperature])
            if row == 0:
                axis.set_title(f"τ = 1/{1 / temperature:g}")
        axes[row, 0].set_ylabel(f"{readable(encoder)}\ncontrastive loss (nats)")
    name_lines(figure)
    figure.supxlabel("signed distance between the centres of images and texts", fontsize=9)
    return figure


def draw(axis, table: pd.DataFrame) -> None:
    """One landscape, both directions thin and their mean thick."""
    for direction, curve in table.groupby("direction"):
        thick = direction == "symmetric"
        curve = curve.sort_values("centre_distance")
        axis.plot(
            curve.centre_distance,
            curve.loss,
            color=DIRECTION_COLOURS[direction],
            linewidth=1.8 if thick else 1.0,
            alpha=1 if thick else 0.8,
            zorder=3 if thick else 2,
        )
        if thick and "low" in curve:
            shade = {"color": DIRECTION_COLOURS[direction], "alpha": 0.15, "linewidth": 0}
            axis.fill_between(curve.centre_distance, curve.low, curve.high, **shade)
    symmetric = table[table.direction == "symmetric"]
    own = symmetric.loc[symmetric["shift"].abs().idxmin()]
    best = symmetric.loc[symmetric.loss.idxmin()]
    axis.axvline(own.centre_distance, color=GREY, linewidth=1, linestyle="--", zorder=1)
    axis.plot(
        best.centre_distance, best.loss, "o", color=DIRECTION_COLOURS["symmetric"], ms=5, zorder=4
    )
    axis.margins(y=0.12)
    axis.grid(axis="y")
    axis.set_xlim(-2, 2)
    axis.set_xticks([-2, -1, 0, 1, 2])


def name_lines(figure: Figure) -> None:
    """What each line is, in its own colour, above all panels."""
    names = {
        "image→text": DIRECTION_COLOURS["image_to_text"],
        "text→image": DIRECTION_COLOURS["text_to_image"],
        "mean of both, ● its minimum": DIRECTION_COLOURS["symmetric"],
        "- - the model's own gap": GREY,
    }
    figure.suptitle(" ", fontsize=9)
    for place, (name, colour) in zip((0.06, 0.16, 0.26, 0.46), names.items(), strict=True):
        figure.text(place, 0.995, name, color=colour, fontsize=9, weight="bold", va="top")
