"""Figures of free embeddings under descent."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from modality_gap.measures.intervals import mean_intervals
from modality_gap.plots.style import BLUE, GREEN, GREY, MODALITY_COLOURS, ORANGE, PURPLE, spread

COLOURS = (BLUE, GREEN, ORANGE, PURPLE)
ASSUMPTIONS = {
    "loss": "contrastive loss (nats)",
    "modality_gap": "modality gap",
    "assignment_variance": "variance of Sˣ, Sʸ",
    "gap_cosine": "mean |cos| between\nembeddings and gap",
}
LOGARITHMIC = ("loss", "assignment_variance", "gap_cosine", "local_gap_spread")
PROMISED = {**ASSUMPTIONS, "local_gap_spread": "spread of local gaps\n/ of embeddings"}
CHANCE = 0.99  # of the loss where every text is as likely as any other, 2 log N


def plot_descent_plane(records: pd.DataFrame, positions: pd.DataFrame) -> Figure:
    """Isotropic clusters in the plane under descent (chowers2026, Figs. 4 top, 5 and 6 left).

    records, positions: of `descend_in_plane`, of which those of isotropic starts are drawn. Above:
    both modalities; middle: the texts alone, magnified, with how often each is taken; below:
    measures at every step, their mean over the seeds with its 95% interval.
    """
    records, positions = (table[table.start == "isotropic"] for table in (records, positions))
    steps = sorted(positions.step.unique())
    figure = plt.figure(figsize=(2.2 * len(steps), 7.2))
    above, below = figure.subfigures(2, 1, height_ratios=[1.7, 1])
    axes = above.subplots(2, len(steps))
    for column, step in enumerate(steps):
        points = positions[positions.step == step]
        draw_points(axes[0, column], points)
        axes[0, column].set_title(step_name(step))
        draw_sums(axes[1, column], points[points.modality == "text"])
    axes[0, 0].set_ylabel("images and texts")
    axes[1, 0].set_ylabel(
        "texts alone: images take the\nred ones more often (Sʸ > 1),\nthe blue ones less"
    )
    for axis, measure in zip(below.subplots(1, 4), ASSUMPTIONS, strict=True):
        if measure == "gap_cosine":
            axis.set_title("variance of a modality")
            axis.set_yscale("log")
            draw_curve(axis, records, "variance_across_gap", BLUE, "across the gap")
            draw_curve(axis, records, "variance_along_gap", ORANGE, "along it")
        else:
            axis.set_title(ASSUMPTIONS[measure])
            axis.set_yscale("log" if measure in LOGARITHMIC else "linear")
            draw_curve(axis, records, measure, GREEN)
        if measure == "modality_gap":
            axis.set_ylim(0, 1.2 * records.modality_gap.max())
    below.supxlabel("step of descent", fontsize=9)
    return figure


def plot_collapsed_start(records: pd.DataFrame, positions: pd.DataFrame) -> Figure:
    """Clusters without any variance along the gap under descent (chowers2026, Fig. 11).

    records, positions: of `descend_in_plane`, of which those of collapsed starts are drawn. Above:
    the tightest clusters at the lowest temperature; below: the widest at the highest. Right: the
    gap at every step for all widths, mean over the seeds and 95% interval.
    """
    records, positions = (table[table.start == "collapsed"] for table in (records, positions))
    steps = sorted(positions.step.unique())
    figure, axes = plt.subplots(
        2,
        len(steps) + 1,
        figsize=(2.1 * len(steps) + 3.4, 4.6),
        width_ratios=[1] * len(steps) + [2],
    )
    for row, end in zip(axes, ("min", "max"), strict=True):
        deviation, temperature = (positions[key].agg(end) for key in ("deviation", "temperature"))
        here = (positions.deviation == deviation) & (positions.temperature == temperature)
        for axis, step in zip(row, steps, strict=False):
            draw_points(axis, positions[here & (positions.step == step)])
            axis.set_title(step_name(step))
        row[0].set_ylabel(f"σ = {deviation:g}, τ = {temperature:g}", weight="bold")
        widths = records[records.temperature == temperature].groupby("deviation")
        for colour, (width, curve) in zip(COLOURS, widths, strict=False):
            draw_curve(row[-1], curve, "modality_gap", colour, f"σ = {width:g}")
        row[-1].set_title(f"modality gap, τ = {temperature:g}")
        row[-1].set_ylim(0, 1.2 * records.modality_gap.max())
        spread_labels(row[-1])
        row[-1].set_xlabel("step of descent")
    return figure


def plot_descent_sphere(records: pd.DataFrame, positions: pd.DataFrame) -> Figure:
    """Two clusters at the poles of the sphere under descent (chowers2026, Fig. 4 bottom).

    records, positions: of `descend_on_sphere`, of which the run in three dimensions is drawn, a row
    a temperature. Right: gap and loss, mean over the seeds and 95% interval.
    """
    records = records[records.run == "three_dimensions"]
    steps, temperatures = (sorted(positions[key].unique()) for key in ("step", "temperature"))
    height = 2.5 * len(temperatures)
    figure = plt.figure(figsize=(2.1 * len(steps) + 5.4, height + 0.4))
    left, right = figure.subfigures(1, 2, width_ratios=[2.1 * len(steps), 5.4])
    pictures = left.subplots(
        len(temperatures), len(steps), squeeze=False, subplot_kw={"projection": "3d"}
    )
    curves = right.subplots(len(temperatures), 2, squeeze=False, sharex=True)
    for row, temperature in enumerate(temperatures):
        for axis, step in zip(pictures[row], steps, strict=True):
            here = (positions.temperature == temperature) & (positions.step == step)
            draw_on_sphere(axis, positions[here])
            axis.set_title(step_name(step))
        pictures[row, 0].text2D(
            -0.06,
            0.5,
            f"τ = {temperature:g}",
            transform=pictures[row, 0].transAxes,
            rotation=90,
            va="center",
            weight="bold",
        )
        own = records[records.temperature == temperature]
        draw_curve(curves[row, 0], own, "modality_gap", GREEN)
        curves[row, 0].set_title("modality gap")
        curves[row, 0].set_ylim(0, 2.1)
        curves[row, 1].set_yscale("log")
        draw_curve(curves[row, 1], own, "loss", GREEN)
        curves[row, 1].set_title(ASSUMPTIONS["loss"])
    right.supxlabel("step of descent", fontsize=9)
    return figure


def plot_descent_assumptions(plane: pd.DataFrame, sphere: pd.DataFrame) -> Figure:
    """What the theorems assume and promise, at every step (chowers2026, Thm. 3.2, Figs. 6 left, 12, 16).

    plane: records of `descend_in_plane`, of which isotropic starts are drawn; sphere: records of
    `descend_on_sphere`, a column a run. Mean over the seeds and 95% interval.
    """
    plane = plane[plane.start == "isotropic"]
    columns = {"plane": plane}
    for _, run in sphere.groupby("run", sort=False):
        first = run.iloc[0]
        columns[f"sphere, {first.dimension} dimensions, {first.pairs} pairs"] = run
    figure, axes = plt.subplots(
        len(PROMISED),
        len(columns),
        figsize=(3.1 * len(columns), 9.4),
        sharey="row",
        sharex="col",
        squeeze=False,
    )
    for column, (name, records) in enumerate(columns.items()):
        axes[0, column].set_title(name)
        for row, (measure, label) in enumerate(PROMISED.items()):
            axis = axes[row, column]
            axis.set_yscale("log" if measure in LOGARITHMIC else "linear")
            for colour, (temperature, run) in zip(
                COLOURS, records.groupby("temperature"), strict=False
            ):
                draw_curve(axis, run, measure, colour, "" if row else f"τ = {temperature:g}")
            axes[row, 0].set_ylabel(label)
    for axis in axes[1]:
        axis.set_ylim(0, 2.1)
    figure.supxlabel("step of descent", fontsize=9)
    return figure


def plot_gap_after_descent(sweep: pd.DataFrame) -> Figure:
    """The gap after descent against the one before it, and on the way (chowers2026, Fig. 17).

    sweep: of `descend_on_sphere`, a column a dimension. Grey: a gap that stays. Hollow: the loss
    is within 1% of chance, no pair told from another. Mean over the seeds and 95% interval.
    """
    dimensions = sorted(sweep.dimension.unique())
    figure, axes = plt.subplots(
        2, len(dimensions), figsize=(3.6 * len(dimensions), 6.4), sharey="row", squeeze=False
    )
    keys = ["dimension", "initial_gap", "temperature", "seed"]
    start = sweep[sweep.step == 0].rename(columns={"modality_gap": "gap_before"})
    sweep = sweep.merge(start[[*keys, "gap_before"]], on=keys)
    sweep["share"] = sweep.modality_gap / sweep.gap_before
    widest = sweep.initial_gap.max()
    for column, dimension in enumerate(dimensions):
        own = sweep[sweep.dimension == dimension]
        axes[0, column].set_title(f"{dimension} dimensions")
        draw_final_gaps(axes[0, column], own[own.step == own.step.max()])
        apart = own[own.initial_gap == widest]
        for colour, (temperature, runs) in zip(COLOURS, apart.groupby("temperature"), strict=False):
            draw_curve(axes[1, column], runs, "share", colour, f"τ = {temperature:g}")
        axes[1, column].set_ylim(0, 1.1)
        spread_labels(axes[1, column])
        axes[1, column].set_xlabel("step of descent")
    axes[0, 0].set_ylabel("modality gap after descent")
    axes[1, 0].set_ylabel(f"share that is left of a gap of {widest:g}")
    return figure


def draw_final_gaps(axis, final: pd.DataFrame) -> None:
    """Gap after against gap before, a line a temperature, named at its right end."""
    axis.plot([0, 2], [0, 2], color=GREY, linewidth=4, alpha=0.25, zorder=0)
    ends = []
    for colour, (temperature, runs) in zip(COLOURS, final.groupby("temperature"), strict=False):
        curve = mean_intervals(runs, ["initial_gap"], "modality_gap")
        before = runs.groupby("initial_gap", sort=False).gap_before.mean().to_numpy()
        loss = runs.groupby("initial_gap", sort=False).loss.mean().to_numpy()
        stuck = loss > CHANCE * 2 * np.log(runs.pairs.iloc[0])
        after = curve["mean"].to_numpy()
        axis.errorbar(
            before,
            after,
            [after - curve.low, curve.high - after],
            color=colour,
            linewidth=1.2,
            capsize=2,
        )
        for hollow, face in ((stuck, "white"), (~stuck, colour)):
            axis.plot(before[hollow], after[hollow], "o", color=colour, mfc=face, ms=5, zorder=3)
        ends.append((after[-1], f"τ = {temperature:g}", colour))
    ends.sort()
    places = spread([height for height, *_ in ends], 0.13)
    for place, (_, name, colour) in zip(places, ends, strict=True):
        axis.text(2.06, place, name, color=colour, fontsize=8, va="center")
    axis.set_xlim(-0.05, 2.5)
    axis.set_ylim(-0.1, 2.3)
    axis.set_xticks([0, 0.5, 1, 1.5, 2])
    axis.set_xlabel("modality gap before descent")


def draw_curve(axis, records: pd.DataFrame, measure: str, colour: str, label: str = "") -> None:
    """Mean over the seeds at every step, with its 95% interval; of the logarithm on a log axis."""
    moved = records[records.step > 0]
    logarithmic = axis.get_yscale() == "log"
    if logarithmic:
        moved = moved.assign(**{measure: np.log10(moved[measure].where(moved[measure] > 0))})
    curve = mean_intervals(moved, ["step"], measure)
    levels = curve[["mean", "low", "high"]]
    levels = 10**levels if logarithmic else levels
    axis.plot(curve.step, levels["mean"], color=colour)
    axis.fill_between(curve.step, levels.low, levels.high, color=colour, alpha=0.2, lw=0)
    axis.set_xscale("log")
    axis.grid(axis="y")
    axis.annotate(
        label,
        (curve.step.iloc[-1], levels["mean"].iloc[-1]),
        (4, 0),
        textcoords="offset points",
        color=colour,
        fontsize=8,
        va="center",
        annotation_clip=False,
    )


def spread_labels(axis) -> None:
    """Move the names at the curves' right ends apart."""
    low, high = axis.get_ylim()
    labels = sorted(axis.texts, key=lambda text: text.xy[1])
    places = spread([text.xy[1] for text in labels], 0.07 * (high - low))
    for text, place in zip(labels, places, strict=True):
        text.xy = (text.xy[0], place)


def step_name(step: int) -> str:
    """The title of a snapshot."""
    return f"step {step:,}" if step else "start"


def draw_points(axis, points: pd.DataFrame) -> None:
    """Images and texts in the plane, at one scale in both directions, and a line a pair."""
    images, texts = (
        points[points.modality == name].sort_values("pair") for name in MODALITY_COLOURS
    )
    segments = np.stack([images[["x", "y"]], texts[["x", "y"]]], axis=1)
    axis.add_collection(LineCollection(segments, colors="#999999", linewidths=0.5, alpha=0.5))
    for name, side in (("image", images), ("text", texts)):
        axis.scatter(side.x, side.y, s=14, color=MODALITY_COLOURS[name], linewidths=0, zorder=2)
    frame(axis, points)


def draw_sums(axis, texts: pd.DataFrame) -> None:
    """Texts coloured by how often they are taken, Sʸ."""
    reach = (texts.assignment_sum - 1).abs().max()
    axis.scatter(
        texts.x,
        texts.y,
        s=26,
        c=texts.assignment_sum - 1,
        cmap="RdBu_r",
        vmin=-reach,
        vmax=reach,
        edgecolors="#555555",
        linewidths=0.5,
    )
    frame(axis, texts, f"Sʸ = 1 ± {reach:.1g}")


def frame(axis, points: pd.DataFrame, note: str = "") -> None:
    """A square window around the points, named by its width, and a note."""
    centre = (points[["x", "y"]].max() + points[["x", "y"]].min()) / 2
    width = 1.2 * (points[["x", "y"]].max() - points[["x", "y"]].min()).max()
    axis.set_xlim(centre.x - width / 2, centre.x + width / 2)
    axis.set_ylim(centre.y - width / 2, centre.y + width / 2)
    axis.set_aspect("equal")
    axis.set_xticks([])
    axis.set_yticks([])
    axis.set_xlabel(f"{width:.2g} wide\n{note}".strip(), fontsize=7.5, color=GREY)


def draw_on_sphere(axis, points: pd.DataFrame) -> None:
    """Images and texts on the unit sphere, and a line a pair."""
    around, up = np.meshgrid(np.linspace(0, 2 * np.pi, 25), np.linspace(0, np.pi, 13))
    sphere = np.sin(up) * np.cos(around), np.sin(up) * np.sin(around), np.cos(up)
    axis.plot_wireframe(*sphere, color="#dddddd", linewidth=0.3)
    for _, pair in points.groupby("pair"):
        axis.plot(pair.x, pair.y, pair.z, color="#999999", linewidth=0.5, alpha=0.6)
    for name, colour in MODALITY_COLOURS.items():
        side = points[points.modality == name]
        axis.scatter(side.x, side.y, side.z, s=9, color=colour, depthshade=False)
    axis.set_box_aspect((1, 1, 1), zoom=1.5)
    axis.set_axis_off()
