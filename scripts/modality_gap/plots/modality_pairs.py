"""Figure of the gaps of all pairs of modalities."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from modality_gap.plots.style import GREY, ORANGE, readable

CELL = 1.05  # inches
MOST = 2.0  # the farthest apart that two centres can be
DARK = 0.55  # of the shades: from here on letters are white
SHADES = plt.get_cmap("Blues")


def plot_modality_pairs(table: pd.DataFrame) -> Figure:
    """The gap of every pair of modalities (below the diagonal), recall (above), and cones (on it).

    table: columns model, first, second, modality_gap, low, high, mean_cosine_first,
    mean_cosine_second, and recall@k_first_to_second and the other way; a row a pair. A square a model.
    """
    models = {name: rows for name, rows in table.groupby("model", sort=False)}
    sizes = {name: len(modalities_of(rows)) for name, rows in models.items()}
    figure, axes = plt.subplots(
        1,
        len(models),
        squeeze=False,
        width_ratios=list(sizes.values()),
        figsize=(CELL * sum(sizes.values()) + 1.2 * len(sizes), CELL * max(sizes.values()) + 1.2),
    )
    for axis, (name, rows) in zip(axes.flat, models.items(), strict=True):
        draw_square(axis, rows)
        axis.set_title(readable(name), pad=24)
    recall = recall_columns(table)[0].partition("_")[0]
    figure.supxlabel(
        f"below the diagonal: modality gap, 95% interval\nabove: {recall}, row → column, row ← column\n"
        "on it: mean cosine of different items",
        fontsize=8,
        x=0.02,
        ha="left",
    )
    return figure


def modalities_of(rows: pd.DataFrame) -> list[str]:
    """The modalities of a model, in the order of the study."""
    return list(dict.fromkeys([*rows["first"], *rows["second"]]))


def recall_columns(table: pd.DataFrame) -> list[str]:
    """The two columns of recall, from the first modality to the second and back."""
    names = [name for name in table if name.startswith("recall@")]
    return sorted(names, key=lambda name: name.endswith("second_to_first"))


def draw_square(axis: Axes, rows: pd.DataFrame) -> None:
    """The square of one model."""
    names, there, back = modalities_of(rows), *recall_columns(rows)
    cones = {}
    for row in rows.to_dict("records"):
        column, line = names.index(row["first"]), names.index(row["second"])
        cones.setdefault(row["first"], row["mean_cosine_first"])
        cones.setdefault(row["second"], row["mean_cosine_second"])
        shade = row["modality_gap"] / MOST
        axis.fill_between([column - 0.5, column + 0.5], line - 0.5, line + 0.5, color=SHADES(shade))
        colour = "white" if shade > DARK else "black"
        write(axis, column, line - 0.1, f"{row['modality_gap']:.2f}", colour, 11)
        write(axis, column, line + 0.2, f"[{row['low']:.2f}, {row['high']:.2f}]", colour, 7)
        write(axis, line, column - 0.12, f"{row[there]:.2f} →", ORANGE, 8.5)
        write(axis, line, column + 0.14, f"← {row[back]:.2f}", ORANGE, 8.5)
    for place, name in enumerate(names):
        write(axis, place, place, f"{cones[name]:.2f}", GREY, 9)
    axis.set_xlim(-0.5, len(names) - 0.5)
    axis.set_ylim(len(names) - 0.5, -0.5)
    axis.set_aspect("equal")
    axis.set_xticks(range(len(names)), names)
    axis.set_yticks(range(len(names)), names)
    axis.tick_params(length=0, labeltop=True, labelbottom=False)
    axis.spines[:].set_visible(False)


def write(axis: Axes, column: float, line: float, text: str, colour: str, size: float) -> None:
    """A text in the middle of a cell."""
    axis.text(column, line, text, color=colour, fontsize=size, ha="center", va="center")
