"""Figures of fairness."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter

from modality_gap.effects.fairness import ALL, ANY_PROBE, CORRECT, CROSS, ORIGINAL, OWN
from modality_gap.plots.style import BLUE, GREEN, GREY, ORANGE, PURPLE, readable, spread

COLOURS = (BLUE, ORANGE, GREEN, PURPLE, "#56B4E9", "#E69F00", "#222222", "#8C6D1F", GREY)
DISTANCE = "signed distance of the centres"
FEW_SHIFTS = 10  # up to so many are marked one by one


def plot_fairness_rates(rates: pd.DataFrame) -> Figure:
    """Rates of probes and accuracy while the images move, a row of panels a group column.

    rates: columns centre_distance, column, group, kind, rate, low, high, comparison, best
    (liang2022, Tables 2 and 4, at every distance between).
    """
    kinds, columns = [*probe_kinds(rates), CORRECT], single_columns(rates)
    figure, axes = plt.subplots(
        len(columns),
        len(kinds),
        figsize=(3.6 * len(kinds), 2.7 * len(columns) + 0.3),
        squeeze=False,
        sharex=True,
    )
    shown = rates[rates.column.isin(columns)]
    for row, column in zip(axes, columns, strict=True):
        for axis, kind in zip(row, kinds, strict=True):
            here = shown[(shown.column == column) & (shown.kind == kind)]
            draw_lines(axis, here, "group", "rate", longest_of(shown.group))
            axis.set_title(name_of(kind))
            axis.yaxis.set_major_formatter(PercentFormatter(1))
        row[0].set_ylabel(f"share of images,\nby {readable(column)}")
    mark_distances(axes[0, 0], rates, words=True)
    for axis in axes.flat[1:]:
        mark_distances(axis, rates, words=False)
    figure.supxlabel(DISTANCE, fontsize=9)
    return figure


def plot_fairness_gaps(gaps: pd.DataFrame) -> Figure:
    """The largest difference of a rate between two groups, a panel a group column.

    gaps: columns centre_distance, column, kind, difference, low, high, comparison, best.
    """
    columns = list(gaps.column.unique())
    shown = gaps[gaps.kind.isin([*probe_kinds(gaps), CORRECT])]
    shown = shown.assign(kind=shown.kind.map(name_of))
    figure, axes = plt.subplots(1, len(columns), figsize=(3.9 * len(columns), 3.1), squeeze=False)
    for place, (axis, column) in enumerate(zip(axes[0], columns, strict=True)):
        here = shown[shown.column == column]
        draw_lines(axis, here, "kind", "difference", longest_of(here.kind))
        mark_distances(axis, gaps, words=place == 0)
        axis.yaxis.set_major_formatter(PercentFormatter(1))
        axis.set_title(f"between groups of {readable(column).replace(CROSS, ' × ')}")
    axes[0, 0].set_ylabel("highest less lowest rate")
    figure.supxlabel(DISTANCE, fontsize=9)
    return figure


def plot_fairness_changes(rates: pd.DataFrame) -> Figure:
    """Rates of every group at the original and the compared gaps (liang2022, Tables 2 and 4).

    rates: columns centre_distance, column, group, kind, images, rate, low, high, comparison. Beside
    each group stands its number of images.
    """
    compared = rates[rates.comparison.notna() & rates.column.isin([ALL, *single_columns(rates)])]
    kinds = [*probe_kinds(rates), ANY_PROBE, CORRECT]
    kinds = [kind for kind in kinds if kind in set(rates.kind)]
    rows = compared[["column", "group", "images"]].drop_duplicates(["column", "group"])
    rows = rows.reset_index(drop=True)
    distances = distances_of(compared)
    offsets = np.linspace(-0.28, 0.28, len(distances))
    figure, axes = plt.subplots(
        1,
        len(kinds),
        figsize=(2.6 * len(kinds) + 1.2, (0.13 * len(distances) + 0.22) * len(rows) + 1.2),
        squeeze=False,
        sharey=True,
    )
    places = {(row.column, row.group): row.Index for row in rows.itertuples()}
    for axis, kind in zip(axes[0], kinds, strict=True):
        for offset, comparison in zip(offsets, distances, strict=True):
            here = compared[(compared.kind == kind) & (compared.comparison == comparison)]
            heights = [places[key] + offset for key in zip(here.column, here.group, strict=True)]
            colour = comparison_colours(distances)[comparison]
            axis.hlines(heights, here.low, here.high, color=colour, linewidth=1.3)
            axis.plot(here.rate, heights, "o", color=colour, ms=3.5, clip_on=False)
        axis.set_title(name_of(kind))
        axis.xaxis.set_major_formatter(PercentFormatter(1))
        axis.set_xlim(left=0)
        axis.locator_params(axis="x", nbins=4)
        axis.grid(axis="x")
        for change in np.flatnonzero(rows.column != rows.column.shift())[1:]:
            axis.axhline(change - 0.5, color=GREY, linewidth=0.6)
    names = ["all images", *rows.group[1:]]
    named = [f"{name} ({images})" for name, images in zip(names, rows.images, strict=True)]
    axes[0, 0].set_yticks(range(len(rows)), named)
    axes[0, 0].set_ylim(len(rows) - 0.5, -0.5)
    figure.supxlabel("share of a group's images, with 95% interval", fontsize=9)
    name_comparisons(figure, distances)
    return figure


def plot_fairness_confusion(confusion: pd.DataFrame) -> Figure:
    """Which class the images of every group are given, a panel a compared gap.

    confusion: columns centre_distance, column, group, predicted, kind, count, comparison.
    """
    own = list(confusion[confusion.kind == OWN].predicted.unique())
    here = confusion[confusion.comparison.notna() & confusion.group.isin(own)]
    distances = distances_of(here)
    classes = here.drop_duplicates("predicted").set_index("predicted").kind
    width, height = 0.27 * len(classes) + 1.4, 0.25 * here.group.nunique() + 0.5
    columns = 2 if len(distances) > 1 else 1
    rows = -(-len(distances) // columns)
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=(width * columns, height * rows + 1.2),
        squeeze=False,
        sharex=True,
        sharey=True,
    )
    for axis in axes.flat[len(distances) :]:
        axis.set_visible(False)
    for axis in axes.flat[max(0, len(distances) - columns) : len(distances)]:
        axis.tick_params(labelbottom=True)
    for axis, (comparison, distance) in zip(axes.flat, distances.items(), strict=False):
        counts = here[here.comparison == comparison].pivot(
            index="group", columns="predicted", values="count"
        )
        groups = [name for name in own if name in counts.index]
        shares = counts.div(counts.sum(axis=1), axis=0).loc[groups, classes.index]
        draw_shares(axis, shares, classes)
        axis.set_title(f"{name_of(comparison)}: centres {distance:.2f} apart")
    figure.supxlabel(
        "class that an image is given (own classes left of the first line, probes right of it)",
        fontsize=9,
    )
    figure.supylabel("the image's own class", fontsize=9)
    return figure


def draw_shares(axis: Axes, shares: pd.DataFrame, classes: pd.Series) -> None:
    """Shares of each row as shades and per cent, own cells framed, a line between kinds."""
    values = shares.to_numpy()
    axis.imshow(values, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row, column in zip(*np.nonzero(values >= 0.005), strict=True):
        colour = "white" if values[row, column] > 0.55 else "black"
        text = f"{100 * values[row, column]:.0f}"
        axis.text(column, row, text, ha="center", va="center", fontsize=6, color=colour)
    for row, name in enumerate(shares.index):
        place = (shares.columns.get_loc(name) - 0.5, row - 0.5)
        axis.add_patch(Rectangle(place, 1, 1, fill=False, edgecolor=ORANGE, linewidth=1))
    for change in np.flatnonzero(classes.to_numpy()[1:] != classes.to_numpy()[:-1]):
        axis.axvline(change + 0.5, color="black", linewidth=0.9)
    axis.set_xticks(range(len(classes)), classes.index, rotation=90, fontsize=7)
    axis.set_yticks(range(len(shares)), shares.index, fontsize=7)


def draw_lines(axis: Axes, table: pd.DataFrame, name: str, value: str, longest: int) -> None:
    """A line of `value` a `name` with its band against the distance, named at its right end.

    longest: how many letters have room there.
    """
    lines = {key: part.sort_values("centre_distance") for key, part in table.groupby(name)}
    lines = {key: lines[key] for key in table[name].unique()}
    colours = {key: COLOURS[place % len(COLOURS)] for place, key in enumerate(lines)}
    few = table["shift"].nunique() <= FEW_SHIFTS
    # The interval of a single unit is unknown, its rate is not.
    highest = max(1.08 * table[["high", value]].max(axis=None), 0.01)
    for key, line in lines.items():
        axis.plot(
            line.centre_distance,
            line[value],
            color=colours[key],
            linewidth=1.4,
            marker="o" if few else None,
            ms=3,
        )
        axis.fill_between(
            line.centre_distance, line.low, line.high, color=colours[key], alpha=0.1, linewidth=0
        )
    ends = sorted((line[value].iloc[-1], key) for key, line in lines.items())
    places = spread([end for end, _ in ends], min(0.075, 0.9 / len(ends)) * highest)
    lift = max(0.0, 0.02 * highest - places[0]) - max(0.0, places[-1] - 0.97 * highest)
    first, last = table.centre_distance.min(), table.centre_distance.max()
    for place, (_, key) in zip(places, ends, strict=True):
        axis.text(
            last + 0.03 * (last - first),
            place + lift,
            str(key),
            color=colours[key],
            va="center",
            fontsize=7.5,
        )
    axis.set_xlim(first, last + (0.06 + 0.032 * longest) * (last - first))
    axis.set_xticks([tick for tick in axis.get_xticks() if first <= tick <= last])
    axis.set_ylim(0, highest)
    axis.grid(axis="y")


def mark_distances(axis: Axes, table: pd.DataFrame, words: bool) -> None:
    """Vertical lines at the model's own distance (dashed) and at the best accuracy (dotted)."""
    own = table[table.comparison == ORIGINAL].centre_distance.iloc[0]
    best = table[table.best].centre_distance.iloc[0]
    first, last = table.centre_distance.min(), table.centre_distance.max()
    for distance, style, text in ((own, "--", "as it is"), (best, ":", "best accuracy")):
        axis.axvline(distance, color=GREY, linewidth=0.9, linestyle=style)
        if words and (text == "as it is" or best != own):
            axis.text(
                distance,
                0.98,
                text,
                transform=axis.get_xaxis_transform(),
                rotation=90,
                va="top",
                ha="left" if distance < first + 0.1 * (last - first) else "right",
                color=GREY,
                fontsize=7.5,
            )


def longest_of(names: pd.Series) -> int:
    """The number of letters of the longest name."""
    return int(names.str.len().max())


def probe_kinds(table: pd.DataFrame) -> list[str]:
    """The kinds of probes of a table of rates or gaps, in their order."""
    return [
        kind for kind in table.kind.unique() if kind != ANY_PROBE and not kind.startswith(CORRECT)
    ]


def single_columns(table: pd.DataFrame) -> list[str]:
    """The group columns that are not crossed ones."""
    return [column for column in table.column.unique() if column != ALL and CROSS not in column]


def distances_of(table: pd.DataFrame) -> dict[str, float]:
    """The distance of the centres at each comparison, the smallest first."""
    found = table.drop_duplicates("comparison").sort_values("centre_distance")
    return dict(zip(found.comparison, found.centre_distance, strict=True))


def comparison_colours(distances: dict[str, float]) -> dict[str, str]:
    """The original gap in grey, every other one in a colour of its own."""
    others = [name for name in distances if name != ORIGINAL]
    return {ORIGINAL: "#444444"} | dict(zip(others, COLOURS, strict=False))


def name_comparisons(figure: Figure, distances: dict[str, float]) -> None:
    """The comparisons' names in their colours, with their distances, above the panels."""
    figure.suptitle(" ", fontsize=13)
    for place, (name, distance) in enumerate(distances.items()):
        figure.text(
            0.02 + 0.96 * place / len(distances),
            0.995,
            f"● {name_of(name)}: centres {distance:.2f} apart",
            color=comparison_colours(distances)[name],
            weight="bold",
            fontsize=8.5,
            va="top",
        )


def name_of(kind: str) -> str:
    """A kind or comparison as a person reads it."""
    names = {ANY_PROBE: "any probe", CORRECT: "accuracy", ORIGINAL: "as it is"}
    return names.get(kind, readable(kind))
