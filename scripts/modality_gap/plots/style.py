"""What all figures share: style, colours (Okabe and Ito's, safe for colour-blind readers), saving."""

import textwrap
from collections.abc import Iterable
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import FixedFormatter, FuncFormatter

from modality_gap.data.embeddings import UndefinedError
from modality_gap.words import called, spoken

BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#AA4499", "#777777"
MODALITY_COLOURS = {"image": BLUE, "text": ORANGE}
LETTERS = 120  # of a line below a figure
# Of a side: none can be drawn with 2¹⁶, which a panel for each of a hundred models would have.
MOST_PIXELS = 60_000
DIRECTION_COLOURS = {"image_to_text": BLUE, "text_to_image": ORANGE, "symmetric": "#222222"}

plt.style.use(Path(__file__).with_name("modality_gap.mplstyle"))


def save(figure: Figure, paths: list[str], tables: Iterable[pd.DataFrame] = ()) -> None:
    """Write the figure in the format of each path's ending; the same figure, the same bytes.

    tables: that it shows. Where one is of a sample, lines below the figure say of which.
    """
    said = dict.fromkeys(one for table in tables for one in table.attrs.get("sampled", []))
    lines = "\n".join(textwrap.fill(one, LETTERS) for one in said)
    if lines:
        figure.text(0.5, -0.01, lines, ha="center", va="top", fontsize=8, color=GREY)
    if called:
        name_modalities(figure)
    for path in paths:
        metadata = {"Date": None} if path.endswith(".svg") else {"Software": None}
        dpi = min(plt.rcParams["savefig.dpi"], MOST_PIXELS / max(figure.get_size_inches()))
        how = {"dpi": dpi, "bbox_inches": "tight" if lines else None}
        figure.savefig(path, metadata=metadata, **how)
        # The next one has the same layout, which takes as long to find as the figure to draw.
        figure.set_layout_engine("none")


def name_modalities(figure: Figure) -> None:
    """Call images and texts, in all that a figure says, as the study calls them."""
    for label in figure.findobj(Text):
        label.set_text(spoken(label.get_text()))
    # Ticks take their labels anew when they are drawn.
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            formatter = axis.get_major_formatter()
            if isinstance(formatter, FixedFormatter | FuncFormatter):
                axis.set_major_formatter(lambda *tick, own=formatter: spoken(own(*tick)))


def blank(reason: str) -> Figure:
    """A figure of a single line: why there is nothing to draw."""
    figure = plt.figure(figsize=(7, 1.2))
    figure.text(0.5, 0.5, f"not defined here: {reason}", ha="center", va="center", wrap=True)
    return figure


def read_defined(files: list[str], *of_each: list) -> tuple[list, ...]:
    """The tables that say something, and what belongs to each of them in some lists beside them.

    Raises UndefinedError where every table says why it is empty.
    """
    found = [pd.read_parquet(file) for file in files]
    rows = [row for row, table in enumerate(found) if "undefined" not in table.attrs]
    if found and not rows:
        raise UndefinedError(found[0].attrs["undefined"])
    tables = [found[row] for row in rows]
    return tables, *([values[row] for row in rows] for values in of_each)


def readable(name: str) -> str:
    """A name of a config or a table as a person reads it."""
    return name.replace("_to_", "→").replace("_", " ")


def spread(places: list[float], distance: float) -> list[float]:
    """Ascending places moved as little as it takes to stand at least `distance` apart."""
    moved = list(places)
    for _ in range(100 * len(moved)):
        for left in range(len(moved) - 1):
            overlap = distance - (moved[left + 1] - moved[left])
            if overlap > 0:
                moved[left] -= overlap / 2
                moved[left + 1] += overlap / 2
    return moved


def family_grid(encoders: list[str], initials: list[str | None]) -> list[list[int | None]]:
    """Which encoder stands in which panel: a row a family, initial weights left of trained ones.

    encoders: names, each right after the one it started from; initials: the latter, or None.
    """
    families = {}
    for position, (name, initial) in enumerate(zip(encoders, initials, strict=True)):
        families.setdefault(initial if initial in encoders else name, []).append(position)
    width = max(map(len, families.values()))
    return [family + [None] * (width - len(family)) for family in families.values()]


def panels(
    encoders: list[str], initials: list[str | None], size: tuple[float, float], **shared
) -> tuple[Figure, dict[int, Axes]]:
    """A figure with a titled panel for every encoder; size: width and height of one, in inches."""
    grid = family_grid(encoders, initials)
    figure, axes = plt.subplots(
        len(grid),
        len(grid[0]),
        figsize=(size[0] * len(grid[0]), size[1] * len(grid)),
        squeeze=False,
        **shared,
    )
    found = {}
    for row, family in enumerate(grid):
        for column, position in enumerate(family):
            if position is None:
                axes[row, column].set_visible(False)
                continue
            axes[row, column].set_title(readable(encoders[position]))
            found[position] = axes[row, column]
    return figure, found
