"""Figures of the gap's dynamics in theory."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure, FigureBase
from matplotlib.patches import Circle, Ellipse

from modality_gap.origin.gradient_flow import coupled_logit_scale
from modality_gap.plots.style import BLUE, GREEN, GREY, MODALITY_COLOURS, ORANGE, PURPLE

DARK = "#222222"
TILT = np.radians(22)  # of the camera above the planes
FLOW_COLOURS = {"moving": GREEN, "mismatched": PURPLE, "matched": BLUE}
FLOW_NAMES = {
    "moving": "random, free to move",
    "mismatched": "random, held fixed",
    "matched": "matched, held fixed",
}
FLOW_CURVES = (
    ("modality_gap", "modality gap Δ"),
    ("temperature", "temperature τ"),
    ("matched_share", "share of matched pairs"),
)
CLOSING_COLOURS = {"fixed": BLUE, "moving": GREEN}
PAIR_COLOURS = {
    "● images": BLUE,
    "● texts": ORANGE,
    "— matched pair": GREEN,
    "— mismatched pair": PURPLE,
}
# Name, colour, and the factor that keeps marks at one dimension apart.
GROWTHS = {
    "plane_distance": ("2 dγ/dt, of the planes' distance", BLUE, 0.94),
    "gap_moving": ("dΔ/dt, of the modality gap", ORANGE, 1.06),
}
CLIP_PAIRS = {32_768: "CLIP's batch", 400_000_000: "CLIP's training set"}
SCHEMES = {
    "exponential": "learned, 1/τ = exp(ν): as 1/log² t",
    "direct": "learned, 1/τ = ν: as $t^{-\\log t}$",
    "constant": "constant: exponentially",
    "linear": "linear schedule: exponentially",
}


def plot_gradient_flow(flows: pd.DataFrame, pictures: pd.DataFrame) -> Figure:
    """Both modalities at turning points, and gap, temperature and matches against time.

    flows: columns start, time, modality_gap, temperature, matched_share; pictures: columns start,
    time, pair, modality, x, y, height, pair_margin, of one start (cf. yaras2024, Fig. 2).
    """
    times = sorted(pictures.time.unique())
    shown = flows[flows.start == pictures.start.iloc[0]].set_index("time")
    figure = plt.figure(figsize=(10.5, 5.8))
    above, below = figure.subfigures(2, 1, height_ratios=[1, 0.95])
    for axis, time in zip(above.subplots(1, len(times)), times, strict=True):
        picture = pictures[pictures.time == time]
        draw_sphere(axis, picture)
        matched = (picture[picture.modality == "image"].pair_margin > 0).sum()
        axis.set_title(
            f"t = {time:{'.3g' if time < 1000 else ',.0f'}}: gap {shown.modality_gap[time]:.2g}\n"
            f"{matched} of {len(picture) // 2} pairs matched"
        )
    name_colours(above, PAIR_COLOURS)
    for axis, (column, name) in zip(below.subplots(1, 3), FLOW_CURVES, strict=True):
        for _, flow in flows[flows.time > 0].groupby("start"):
            axis.plot(flow.time, flow[column], color=GREY, linewidth=0.6, alpha=0.6)
        later = shown[shown.index > 0]
        axis.plot(later.index, later[column], color=DARK, linewidth=2)
        for time in times[1:-1]:
            axis.axvline(time, color=GREY, linewidth=0.8, linestyle=":", zorder=1)
        log_time(axis)
        axis.set_title(name)
        axis.set_xlabel("time t of the gradient flow")
        axis.grid(axis="y")
        axis.margins(x=0)
        if column != "matched_share":
            axis.set_yscale("log")
    others = {"— other random starts": GREY} if flows.start.nunique() > 1 else {}
    name_colours(below, {"▬ the start above": DARK, **others})
    return figure


def draw_sphere(axis: Axes, picture: pd.DataFrame) -> None:
    """Both modalities on their parallel circles on the unit sphere, a line a pair."""
    images, texts = (
        picture[picture.modality == name].sort_values("pair") for name in ("image", "text")
    )
    axis.add_patch(Circle((0, 0), 1, facecolor="#f6f6f6", edgecolor="#cccccc", linewidth=0.8))
    for name, points in (("image", images), ("text", texts)):
        height = points.height.iloc[0]
        width = 2 * np.sqrt(1 - height**2)
        place = (0, height * np.cos(TILT))
        colour = MODALITY_COLOURS[name]
        axis.add_patch(
            Ellipse(place, width, width * np.sin(TILT), fill=False, edgecolor=colour, alpha=0.45)
        )
        axis.scatter(*on_screen(points), s=16, color=colour, linewidths=0, zorder=3)
    segments = np.stack([np.column_stack(on_screen(points)) for points in (images, texts)], axis=1)
    colours = np.where(images.pair_margin > 0, GREEN, PURPLE)
    axis.add_collection(LineCollection(segments, colors=colours, linewidths=0.9, zorder=2))
    axis.set_aspect("equal")
    axis.set_xlim(-1.05, 1.05)
    axis.set_ylim(-1.05, 1.05)
    axis.set_axis_off()


def on_screen(points: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Where the camera sees points of the sphere."""
    return points.x.to_numpy(), (points.height * np.cos(TILT) + points.y * np.sin(TILT)).to_numpy()


def name_colours(figure: FigureBase, colours: dict[str, str]) -> None:
    """What is drawn in which colour, each name in its own, in a line above all panels."""
    figure.suptitle(" ", fontsize=9)
    width = figure.bbox.width / figure.get_figure(root=True).dpi
    place = 0.2  # inches; a bold character of this size is about 0.08 wide
    for name, colour in colours.items():
        figure.text(place / width, 0.99, name, color=colour, fontsize=9, weight="bold", va="top")
        place += 0.08 * len(name) + 0.25


def log_time(axis: Axes) -> None:
    """A logarithmic axis of time with few ticks."""
    axis.set_xscale("log")
    axis.xaxis.get_major_locator().set_params(numticks=8)
    axis.xaxis.minorticks_off()


def plot_gap_and_logit_scale(flows: pd.DataFrame) -> Figure:
    """Three flows from one height and logit scale, and the one curve that they move on.

    flows: columns flow, time, height, plane_distance, logit_scale, invariant (cf. yaras2024,
    Lemma 3.1).
    """
    figure, (gap, scale, both) = plt.subplots(1, 3, figsize=(10.5, 3.5), width_ratios=[1, 1, 1.25])
    first = flows.iloc[0]
    for name, flow in flows.groupby("flow", sort=False):
        later = flow[flow.time > 0]
        colour = FLOW_COLOURS[name]
        # Where several flows coincide, the one below shows on both sides.
        wide = name == "moving"
        style = {"color": colour, "alpha": 0.55 if wide else 1, "solid_capstyle": "butt"}
        gap.plot(later.time, later.plane_distance, linewidth=4 if wide else 1.6, **style)
        scale.plot(later.time, later.logit_scale, linewidth=4 if wide else 1.6, **style)
        both.plot(flow.logit_scale, flow.plane_distance, linewidth=10 if wide else 4.5, **style)
    heights = np.geomspace(flows.height.min() / 1.5, min(1, 1.2 * flows.height.max()), 300)
    curve = coupled_logit_scale(heights, first.height, first.logit_scale)
    both.plot(curve, 2 * heights, color=DARK, linestyle="--", linewidth=1.2)
    both.plot(first.logit_scale, first.plane_distance, "o", color=DARK, ms=6)
    both.annotate(
        "start of all three",
        (first.logit_scale, first.plane_distance),
        (0.06, 0.42),
        textcoords="axes fraction",
        fontsize=8,
        arrowprops={"arrowstyle": "-", "color": DARK, "linewidth": 0.6},
    )
    both.text(0.97, 0.95, closed_form(flows), transform=both.transAxes, ha="right", va="top")
    for axis in (gap, scale):
        log_time(axis)
        axis.set_xlabel("time t of the gradient flow")
    for axis in (gap, scale, both):
        axis.set_yscale("log")
        axis.grid()
    both.set_xscale("log")
    gap.set_title("distance of the planes, 2γ")
    scale.set_title("logit scale 1/τ")
    both.set_title("one against the other")
    both.set_xlabel("logit scale 1/τ")
    both.set_ylabel("distance of the planes, 2γ")
    name_colours(figure, {f"▬ {FLOW_NAMES[name]}": FLOW_COLOURS[name] for name in FLOW_NAMES})
    return figure


def closed_form(flows: pd.DataFrame) -> str:
    """What the dashed curve is, and how far the flows are from it."""
    drift = flows.groupby("flow").invariant.agg(np.ptp).max()
    return f"- - Lemma 3.1\nthe flows leave it\nby at most {drift:.0e} in log(1/τ)"


def plot_slow_closing(flows: pd.DataFrame) -> Figure:
    """The gap of matched pairs over decades of time, and the bound that it cannot fall below.

    flows: columns flow, time, modality_gap, bound (cf. yaras2024, Theorem 3.2 and Fig. 4a).
    """
    figure, (gap, root) = plt.subplots(1, 2, figsize=(9.5, 3.7))
    for axis, shape in ((gap, lambda values: values), (root, lambda values: values**-0.5)):
        for name, flow in flows[flows.time > 0].groupby("flow"):
            axis.plot(flow.time, shape(flow.modality_gap), color=CLOSING_COLOURS[name])
        axis.plot(flow.time, shape(flow.bound), color=DARK, linestyle="--")
        log_time(axis)
        axis.grid()
        axis.margins(x=0)
        axis.set_xlabel("time t of the gradient flow")
    gap.set_yscale("log")
    root.set_ylim(bottom=0)
    gap.set_title("modality gap Δ")
    root.set_title("1/√Δ: where it is straight, Δ falls as 1/log² t")
    names = {
        "▬ embeddings held fixed": CLOSING_COLOURS["fixed"],
        "▬ embeddings free to move": CLOSING_COLOURS["moving"],
        "- - Theorem 3.2: Δ cannot fall below": DARK,
    }
    name_colours(figure, names)
    return figure


def plot_initial_growth(growth: pd.DataFrame) -> Figure:
    """How fast the gap of random embeddings opens, by dimension, beside Theorem 3.3.

    growth: columns pairs, dimension, measure, mean, low, high, limit, pairs_needed (cf. yaras2024,
    eqs. 8 and 9).
    """
    figure, (speed, relative, needed) = plt.subplots(1, 3, figsize=(10.5, 3.6))
    theory = growth.drop_duplicates("dimension")
    numbers = sorted(growth.pairs.unique())
    for number in numbers:
        for measure, (_, colour, shift) in GROWTHS.items():
            rows = growth[(growth.pairs == number) & (growth.measure == measure)]
            style = {"color": colour, "markerfacecolor": colour}
            if number == numbers[-1]:
                draw_means(speed, rows, 1, 1, style)
            else:
                style["markerfacecolor"] = "white"
            draw_means(relative, rows, shift, rows.limit, style)
    speed.plot(theory.dimension, theory.limit, color=DARK, linestyle="--", zorder=1)
    relative.axhline(1, color=DARK, linestyle="--", linewidth=1.2)
    relative.set_ylim(0, 1.25)
    needed.plot(theory.dimension, theory.pairs_needed, color=DARK, marker="o", ms=4)
    for pairs, text in CLIP_PAIRS.items():
        needed.axhline(pairs, color=GREY, linewidth=0.9, linestyle=":")
        place = theory.dimension.max(), pairs
        shift = {"xytext": (0, 3), "textcoords": "offset points"}
        needed.annotate(text, place, **shift, ha="right", fontsize=8, color=GREY)
    for axis in (speed, relative, needed):
        axis.set_xscale("log", base=2)
        axis.xaxis.set_major_formatter("{x:g}")
        axis.set_xlabel("dimension d of the embeddings")
        axis.grid(axis="y")
    for axis in (speed, needed):
        axis.set_yscale("log")
    speed.set_title(f"growth at t = 0, {numbers[-1]} pairs")
    signs = [f"○ {number}" for number in numbers[:-1]] + [f"● {numbers[-1]} pairs"]
    relative.set_title(f"relative to the limit: {', '.join(signs)}")
    needed.set_title("pairs from which eq. 8 promises growth")
    names = {f"● {name}": colour for name, colour, _ in GROWTHS.values()}
    name_colours(figure, {**names, "- - eq. 9, limit of infinitely many pairs": DARK})
    return figure


def draw_means(axis: Axes, rows: pd.DataFrame, shift: float, unit, style: dict) -> None:
    """Means with their 95% intervals, in a unit, against the dimension, moved by a factor."""
    spans = [(rows["mean"] - rows.low) / unit, (rows.high - rows["mean"]) / unit]
    axis.errorbar(
        rows.dimension * shift, rows["mean"] / unit, spans, fmt="o", ms=4.5, zorder=3, **style
    )


def plot_temperature_rates(rates: pd.DataFrame) -> Figure:
    """How fast γ falls under four rules for the temperature, a panel each (cf. yaras2024, App. C).

    rates: columns scheme, time, log_height, log_theory, logit_scale.
    """
    figure, axes = plt.subplots(1, 4, figsize=(12, 3.3))
    for axis, (scheme, title) in zip(axes, SCHEMES.items(), strict=True):
        table = rates[rates.scheme == scheme]
        decades = [table[column] / np.log(10) for column in ("log_height", "log_theory")]
        axis.plot(table.time, decades[0], color=GREEN, linewidth=3.5, alpha=0.6)
        axis.plot(table.time, decades[1], color=DARK, linestyle="--", linewidth=1.2)
        axis.set_title(title)
        axis.grid()
        axis.margins(x=0)
        learned = scheme in ("exponential", "direct")
        if learned:
            log_time(axis)
        axis.set_xlabel("length of training" if scheme == "linear" else "time t")
    axes[0].set_ylabel("log₁₀ γ (γ: half the distance of the planes)")
    name_colours(figure, {"▬ numerical solution": GREEN, "- - theory for late times": DARK})
    return figure


def plot_margin(pictures: pd.DataFrame) -> Figure:
    """Parallel modalities with and without mismatched pairs, and the margin of every pair.

    pictures: columns arrangement, pair, modality, x, y, height, pair_margin (cf. yaras2024, Fig. 3).
    """
    figure, axes = plt.subplots(1, 3, figsize=(9.5, 3.5), width_ratios=[1, 1, 1])
    margins = axes[2]
    for axis, name in zip(axes, ("matched", "mismatched"), strict=False):
        picture = pictures[pictures.arrangement == name]
        draw_sphere(axis, picture)
        images = picture[picture.modality == "image"]
        for pair, *place in zip(images.pair, *on_screen(images), strict=True):
            shift = {"xytext": (0, 4), "textcoords": "offset points"}
            axis.annotate(f"{pair + 1}", place, **shift, ha="center", fontsize=8, color=BLUE)
        alpha = f"{images.pair_margin.min():.2f}".replace("-", "−")
        hollow = name == "mismatched"
        axis.set_title(f"{'○' if hollow else '●'} {name}: α = {alpha}")
        colours = np.where(images.pair_margin > 0, GREEN, PURPLE)
        margins.scatter(
            images.pair_margin,
            images.pair + (1.12 if hollow else 0.88),
            s=36,
            edgecolors=colours,
            facecolors="white" if hollow else colours,
            zorder=3,
        )
    margins.axvline(0, color=DARK, linewidth=1)
    margins.set_yticks(sorted(pictures.pair.unique() + 1))
    margins.invert_yaxis()
    margins.grid(axis="x")
    margins.set_ylabel("pair")
    margins.set_xlabel("cosine of its own − of the best other")
    margins.set_title("margin of each pair")
    name_colours(figure, PAIR_COLOURS)
    return figure
