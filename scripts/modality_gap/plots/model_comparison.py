"""Figure of many encoders: gap, cone and recall against their size and training data."""

import math
import textwrap

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter
from matplotlib.transforms import Bbox

from modality_gap.claims.mitigations import GUARD, NO, SAME, YES
from modality_gap.plots.style import BLUE, GREEN, GREY, ORANGE, PURPLE, readable

COLOURS = (BLUE, ORANGE, GREEN, PURPLE)  # the rest is GREY
UNKNOWN = "unknown"
# By advice on closing the gap; anything else was not asked, or is not defined.
MARKERS = {YES: "^", GUARD: "D", SAME: "o", NO: "v"}
NOT_ASKED = "s"
SIZES = {"D": 16, "s": 17}  # of markers that look larger than others
PANELS = {
    "modality_gap": "modality gap",
    "mean_cosine_image_image": "cone of images: mean cosine",
    "mean_cosine_text_text": "cone of texts: mean cosine",
    "recall_image_to_text": "recall@{k} image→text",
    "recall_text_to_image": "recall@{k} text→image",
}
ATTRIBUTES = {"parameters": "parameters", "samples_seen": "samples seen"}
# Where a label stands, in points from its model: to the right, left, above, below.
PLACES = (
    ((5, 0), "left", "center"),
    ((-5, 0), "right", "center"),
    ((0, 5), "center", "bottom"),
    ((0, -5), "center", "top"),
)
REACH = 3.5  # points from a model's centre that no label may cover
SMALL = 6.5
LETTERS = 52  # of a line of the key
LINE = 0.054  # of the key's height
NAMES = 4 * LETTERS  # letters of the names of models of unknown size
FARTHER = 1.9  # times the largest model: where those of unknown size stand


def plot_model_comparison(table: pd.DataFrame, correlations: pd.DataFrame) -> Figure:
    """Gap, mean cosines and recall of every encoder against its size, a panel a measure.

    table: of `model_comparison.compare_models`, one corpus and split; correlations: those of it.
    Colour is the training data, a marker the advice. Models of unknown size stand right of a line.
    """
    table = table.astype({"parameters": float})
    colours, sizes = family_colours(table.data_family), places_of(table.parameters)
    figure, axes = plt.subplots(2, 3, figsize=(13, 7.6))
    *panels, key = axes.flat
    for axis, (column, title) in zip(panels, PANELS.items(), strict=True):
        axis.set_title(title.format(k=int(table.k.min())))
        draw_models(axis, sizes, table, column, colours)
        set_sizes(axis, sizes, table.parameters)
    write_correlations(panels[0], correlations)
    draw_key(key, table, colours)
    figure.supxlabel("parameters of the whole model", fontsize=9)
    figure.draw_without_rendering()  # labels are placed where the panels have come to lie
    for axis, column in zip(panels, PANELS, strict=True):
        label_models(axis, sizes, table[column].to_numpy(), table, colours)
    return figure


def family_colours(families: pd.Series) -> dict[str, str]:
    """A colour for each of the most frequent families of training data, in order of their number."""
    counts = families.dropna().value_counts()
    names = sorted(counts.index, key=lambda name: (-counts[name], name))
    return dict(zip(names, COLOURS, strict=False))


def places_of(parameters: pd.Series) -> np.ndarray:
    """Where models stand on the axis of sizes, shape (n,): those of unknown size right of all others."""
    return parameters.fillna(FARTHER * largest(parameters)).to_numpy()


def largest(parameters: pd.Series) -> float:
    """The largest number of parameters; 1 where none is known."""
    return parameters.max() if parameters.notna().any() else 1.0


def boundary(parameters: pd.Series) -> float:
    """Where known sizes end; infinite where all are known."""
    return largest(parameters) * FARTHER**0.5 if parameters.isna().any() else math.inf


def marker_of(advice: str | None) -> str:
    """The marker of a verdict."""
    return MARKERS.get(advice, NOT_ASKED)


def draw_models(
    axis: Axes, sizes: np.ndarray, table: pd.DataFrame, column: str, colours: dict[str, str]
) -> None:
    """A marker a model, with its 95% interval where the table has one."""
    bounds = [f"{column}_{end}" for end in ("low", "high")]
    known = set(bounds) <= {*table} and table[bounds].notna().all(axis=None)
    for size, row in zip(sizes, table.to_dict("records"), strict=True):
        colour = colours.get(row["data_family"], GREY)
        marker = marker_of(row["advice"])
        if known:
            axis.plot([size] * 2, [row[end] for end in bounds], color=colour, linewidth=0.8)
        area = SIZES.get(marker, 24)
        how = {"marker": marker, "linewidths": 0, "alpha": 0.85, "zorder": 3}
        axis.scatter(size, row[column], area, colour, **how)
    axis.grid(axis="y")


def set_sizes(axis: Axes, sizes: np.ndarray, parameters: pd.Series) -> None:
    """A log axis of millions and billions, and a line between known and unknown sizes."""
    end = boundary(parameters)
    axis.set_xscale("log")
    axis.set_xlim(sizes.min() / 1.5, sizes.max() * 1.5)
    axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.xaxis.set_major_formatter(FuncFormatter(lambda x, _: count(x) if x < end else ""))
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.margins(y=0.12)
    if parameters.isna().any():
        axis.axvline(end, color=GREY, linewidth=0.9, linestyle=":")
        where = axis.get_xaxis_transform()
        axis.text(
            sizes.max(), 1, "size\nunknown", transform=where, fontsize=SMALL, ha="center", va="top"
        )


def count(number: float) -> str:
    """A large number as people say it: 151M, 2.3B."""
    for unit, letter in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if number >= unit:
            return f"{number / unit:.3g}{letter}"
    return f"{number:.3g}"


def label_models(
    axis: Axes, sizes: np.ndarray, values: np.ndarray, table: pd.DataFrame, colours: dict[str, str]
) -> None:
    """Names beside models, from the values farthest from the median on, where they cover nothing.

    A name that would cover a model, another name or the line before unknown sizes, or reach out of
    the panel, is left out.
    """
    renderer, dots = axis.figure.canvas.get_renderer(), axis.figure.dpi / 72
    points = axis.transData.transform(np.column_stack([sizes, values]))
    taken = [
        Bbox.from_extents(*(point - REACH * dots), *(point + REACH * dots)) for point in points
    ]
    taken += [text.get_window_extent(renderer) for text in axis.texts]
    if table.parameters.isna().any():
        end = axis.transData.transform((boundary(table.parameters), values.min()))[0]
        taken.append(Bbox.from_extents(end - dots, axis.bbox.y0, end + dots, axis.bbox.y1))
    for row in np.argsort(-np.abs(values - np.median(values)), kind="stable"):
        others = [box for place, box in enumerate(taken) if place != row]
        for offset, across, along in PLACES:
            label = axis.annotate(
                readable(table.encoder.iloc[row]),
                (sizes[row], values[row]),
                offset,
                textcoords="offset points",
                color=colours.get(table.data_family.iloc[row], GREY),
                ha=across,
                va=along,
                fontsize=SMALL,
            )
            label.set_in_layout(False)
            box = label.get_window_extent(renderer)
            inside = axis.bbox.x0 <= box.x0 and box.x1 <= axis.bbox.x1
            inside &= axis.bbox.y0 <= box.y0 and box.y1 <= axis.bbox.y1
            if inside and not any(box.overlaps(other) for other in others):
                taken.append(box)
                break
            label.remove()


def write_correlations(axis: Axes, correlations: pd.DataFrame) -> None:
    """Spearman's ρ of the gap, with its 95% interval, below the panel."""
    lines = [
        f"ρ with {ATTRIBUTES[row.attribute]}: {row.spearman:.2f} "
        f"[{row.low:.2f}, {row.high:.2f}], {row.models} models"
        for row in correlations.itertuples()
    ]
    axis.set_xlabel("\n".join(lines), loc="left", fontsize=7.5)


def draw_key(axis: Axes, table: pd.DataFrame, colours: dict[str, str]) -> None:
    """What colours and markers mean, each with its number of models."""
    families = table.data_family.fillna(UNKNOWN)
    lines = [("trained on", "black", None)]
    for name, colour in colours.items():
        lines.append((f"{name} ({(families == name).sum()})", colour, "o"))
    others = families[~families.isin([*colours])]
    if len(others):
        # Of all of which nothing is known last.
        named = sorted({*others}, key=lambda name: (name == UNKNOWN, name))
        before = "other: " if colours else ""
        lines.append((f"{before}{', '.join(named)} ({len(others)})", GREY, "o"))
    lines += [("", "black", None), ("should its gap be closed?", "black", None)]
    markers = table.advice.map(marker_of)
    for name, marker in {**MARKERS, "not asked, or not defined": NOT_ASKED}.items():
        if (markers == marker).any():
            lines.append((f"{name} ({(markers == marker).sum()})", "black", marker))
    unknown = table.encoder[table.parameters.isna()].map(readable)
    if len(unknown):
        named = textwrap.shorten("; ".join(unknown), NAMES, placeholder=" …")
        lines += [("", "black", None), (f"size unknown ({len(unknown)})", "black", None)]
        lines.append((named, "black", ""))
    write_key(axis, lines)


def write_key(axis: Axes, lines: list[tuple[str, str, str | None]]) -> None:
    """Lines of (text, colour, marker), one below the other; without a marker (None) a heading."""
    axis.axis("off")
    height = 0.98
    where = {"transform": axis.transAxes, "clip_on": False}
    for text, colour, marker in lines:
        if marker:
            axis.scatter(0.03, height, 24, colour, marker=marker, linewidths=0, **where)
        style = {"color": colour, "va": "center", "fontsize": 8}
        style |= {"weight": "bold"} if marker is None else {}
        left = 0.07 if marker else 0.0
        for part in textwrap.wrap(text, LETTERS) or [""]:
            axis.text(left, height, part, **style, **where)
            height -= LINE
