"""Figures that lay training runs side by side."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

from modality_gap.effects.pair_matching import CHANCE
from modality_gap.measures.intervals import mean_intervals
from modality_gap.plots.style import BLUE, GREEN, GREY, ORANGE, PURPLE, readable, spread

DARK = "#222222"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE)
RECALLS = ["recall@1_image_to_text", "recall@1_text_to_image"]
GAP_NAMES = {
    "modality_gap": "as the model is used",
    "training_modality_gap": "as training sees it: statistics of the batch",
}
# Name, and the sign in which it is wished for; a gap is not good or bad by itself.
MEASURES = {
    "modality_gap": "modality gap",
    "gaussian_uniformity": "uniformity −W₂ ↑",
    "recall@1_image_to_text": "recall@1 image→text ↑",
    "recall@1_text_to_image": "recall@1 text→image ↑",
    "zero_shot_top_1": "zero-shot accuracy ↑",
    "linear_probe": "linear probe ↑",
    "pair_matching_text_to_image": "matched pairs ↑",
}
TASKS = list(MEASURES)[2:]
# What no skill reaches, and the measures that it is drawn at.
LEVELS = {
    "always the most frequent class": ("zero_shot_top_1", "linear_probe"),
    "guessing": ("pair_matching_text_to_image",),
}


def plot_gap_by_temperature(points: pd.DataFrame, correlations: pd.DataFrame) -> Figure:
    """Gap and recall against the temperature of training (liang2022, Fig. 8; yaras2024, Table 3).

    points, correlations: of `run_comparisons.gap_by_temperature`, with both directions' recall@1.
    correlations may have the gap from which each curve started, `before`: NaN from scratch. Curves
    are means over seeds (rings), bars 95% intervals.
    """
    points = points.assign(recall=points[RECALLS].mean(axis=1))
    figure, (gap, recall) = plt.subplots(1, 2, figsize=(8.6, 3.3 + 0.2 * len(correlations)))
    for axis, column in ((gap, "modality_gap"), (recall, "recall")):
        for colour, row in zip(COLOURS, correlations.itertuples(), strict=False):
            curve = points[(points.fine_tuned == row.fine_tuned) & (points.policy == row.policy)]
            draw_curve(axis, curve, "temperature", column, colour)
        axis.set_xscale("log")
        axis.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.xaxis.set_major_formatter("{x:g}")
        axis.xaxis.set_minor_locator(NullLocator())
        axis.set_xlabel("temperature τ, fixed or at the start of learning it")
        axis.set_ylim(0, 1.15 * max(points[column].max(), 1e-3))
        axis.grid(axis="y")
    for before in correlations.get("before", pd.Series(dtype=float)).dropna().unique():
        gap.axhline(before, color=GREY, linewidth=1, linestyle="--", zorder=1)
        gap.annotate(
            "before fine-tuning",
            (1, before),
            (0, 3),
            xycoords=gap.get_yaxis_transform(),
            textcoords="offset points",
            ha="right",
            color=GREY,
            fontsize=8,
        )
        gap.set_ylim(top=1.1 * max(points.modality_gap.max(), before))
    gap.set_title("modality gap")
    recall.set_title("recall@1, mean of both directions")
    lines = zip(COLOURS, [effect(row) for row in correlations.itertuples()], strict=False)
    write_lines(figure, [(colour, text) for colour, text in lines])
    return figure


def draw_curve(axis: Axes, table: pd.DataFrame, x: str, y: str, colour: str) -> None:
    """Seeds as rings, their means as a curve with 95% intervals."""
    means = mean_intervals(table.sort_values(x), [x], y)
    spans = [means["mean"] - means.low, means.high - means["mean"]]
    axis.errorbar(means[x], means["mean"], spans, color=colour, elinewidth=1, capsize=3)
    style = {"color": colour, "markerfacecolor": "white", "ms": 3.5, "markeredgewidth": 0.8}
    axis.plot(table[x], table[y], "o", zorder=3, **style)


def effect(row) -> str:
    """What the temperature does to the gap, in a line; row: of the correlations."""
    name = f"{'fine-tuned' if row.fine_tuned else 'from scratch'}, τ {row.policy}"
    known = np.isfinite([row.gap_at_lowest_low, row.gap_at_highest_low]).all()
    apart = f" (95% intervals {'apart' if row.disjoint else 'overlap'})" if known else ""
    return (
        f"▬ {name}: Δ {row.gap_at_lowest:.2f} at τ = {row.lowest:g}, {row.gap_at_highest:.2f} at "
        f"{row.highest:g}{apart}; ρ = {with_interval(row.spearman, row.low, row.high)}, "
        f"{'' if row.falls else 'not '}falling throughout"
    )


def with_interval(value: float, low: float, high: float) -> str:
    """A number and its interval, where it has one."""
    interval = f" [{low:.2f}, {high:.2f}]" if np.isfinite([low, high]).all() else ""
    return f"{value:.2f}{interval}".replace("-", "−")


def write_lines(figure: Figure, lines: list[tuple[str, str]]) -> None:
    """Lines of text above all panels, each in its colour."""
    figure.suptitle("\n".join(" " for _ in lines), fontsize=9)
    for number, (colour, text) in enumerate(lines):
        place = 1 - (0.05 + 0.165 * number) / figure.get_figheight()
        figure.text(0.01, place, text, color=colour, fontsize=8.2, va="top")


def plot_starts(points: pd.DataFrame, means: pd.DataFrame) -> Figure:
    """The gap before and after training, from a random start and from others (liang2022, Sec. 4.4).

    points, means: of `run_comparisons.starts`, the random start first. Thin lines are seeds. A
    panel for the gap as training sees it is drawn only where that is another number.
    """
    same = np.allclose(*(points[points.measure == name].after for name in GAP_NAMES))
    measures = list(GAP_NAMES)[: 1 if same else 2]
    size = (4.9 * len(measures) + 0.3, 3.6)
    figure, axes = plt.subplots(1, len(measures), figsize=size, squeeze=False, sharey=True)
    for axis, measure in zip(axes[0], measures, strict=True):
        draw_starts(
            axis, points[points.measure == measure], means[means.measure == measure], points
        )
        axis.set_title(GAP_NAMES[measure])
        axis.tick_params(labelleft=True)
    axes[0, 0].set_ylabel("modality gap")
    return figure


def draw_starts(axis: Axes, points: pd.DataFrame, means: pd.DataFrame, scale: pd.DataFrame) -> None:
    """A line a run from its gap before to its gap after; scale: what has to fit."""
    runs = list(points.run.unique())
    found = means.pivot(index="run", columns="quantity", values=["mean", "low", "high"])
    highest = scale[["before", "after"]].to_numpy().max()
    ends = sorted((found.loc[run, ("mean", "after")], run) for run in runs)
    places = spread([end for end, _ in ends], 0.17 * highest)
    for place, (end, run) in zip(places, ends, strict=True):
        colour = GREY if run == runs[0] else COLOURS[(runs.index(run) - 1) % len(COLOURS)]
        for row in points[points.run == run].itertuples():
            axis.plot([0, 1], [row.before, row.after], color=colour, linewidth=0.7, alpha=0.5)
        start = found.loc[run, ("mean", "before")]
        axis.plot([0, 1], [start, end], color=colour, marker="o", linewidth=2.2, ms=5)
        text = f"{readable(run)}\n{start:.2f} → {end:.2f}"
        if run != runs[0]:
            share = [found.loc[run, (part, "share_of_random")] for part in ("mean", "low", "high")]
            text += f", {percent(*share)} of the random start's"
        axis.text(1.04, place, text, color=colour, va="center", fontsize=8, linespacing=1.3)
    axis.set_xticks([0, 1], ["before\ntraining", "after\ntraining"])
    axis.set_xlim(-0.08, 2.35)
    axis.spines["bottom"].set_bounds(-0.08, 1.02)
    axis.set_ylim(min(0, places[0] - 0.1 * highest), 1.12 * highest)


def percent(share: float, low: float, high: float) -> str:
    """A share and its interval, where it has one."""
    return f"{share:.0%}" + (f" [{low:.0%}, {high:.0%}]" if np.isfinite([low, high]).all() else "")


def plot_mitigations(table: pd.DataFrame) -> Figure:
    """All measures of all runs, a row a run, a column a measure (yaras2024, Tables 2-5).

    table: of `run_comparisons.run_differences`. The dashed line is the first run, the
    baseline; runs that differ from it by more than the 95% interval of the difference are filled. The dotted line is the
    accuracy of always naming the most frequent class, or of guessing.
    """
    measures = [name for name in MEASURES if name in set(table.measure)]
    runs = list(table.run.unique())
    baseline = runs[0]
    size = (1.75 * len(measures) + 1.6, 0.26 * len(runs) + 1.3)
    figure, axes = plt.subplots(1, len(measures), figsize=size, squeeze=False, sharey=True)
    levels = chance_levels(table)
    for axis, measure in zip(axes[0], measures, strict=True):
        rows = table[table.measure == measure].set_index("run")
        for place, run in enumerate(runs):
            if run in rows.index:
                draw_cell(axis, place, rows.loc[run], run == baseline)
        axis.axvline(rows["mean"][baseline], color=DARK, linewidth=0.9, linestyle="--", zorder=1)
        shown = rows["mean"]
        if measure in levels:
            axis.axvline(levels[measure], color=GREY, linewidth=1.1, linestyle=":", zorder=1)
            shown = pd.concat([shown, pd.Series([levels[measure]])])
        axis.set_title(MEASURES[measure], fontsize=8.5)
        axis.grid(axis="y")
        axis.set_xlim(around(shown))
        axis.tick_params(axis="y", length=0)
        axis.locator_params(axis="x", nbins=3)
    axes[0, 0].set_yticks(range(len(runs)), [readable(run) for run in runs])
    axes[0, 0].set_ylim(len(runs) - 0.4, -0.6)
    names = [(DARK, f"- - {readable(baseline)}    ● differs from it    ○ may not differ")]
    told = [name for name in LEVELS if set(LEVELS[name]) & set(levels)]
    if told:
        names[0] = (DARK, names[0][1] + "    ⋯ " + " or ".join(told))
    write_lines(figure, names)
    return figure


def chance_levels(table: pd.DataFrame) -> dict[str, float]:
    """What no skill reaches, by measure, for those that the table has."""
    known = set(table.measure)
    largest = table[table.measure == "largest_class"]["mean"].mean()
    values = dict(zip(LEVELS, (largest, CHANCE), strict=True))
    return {
        measure: values[name]
        for name, measures in LEVELS.items()
        for measure in measures
        if measure in known
    }


def around(means: pd.Series) -> tuple[float, float]:
    """Limits of an axis that shows all means; an interval of two seeds may reach far beyond."""
    room = 0.25 * max(np.ptp(means), 1e-3)
    return means.min() - room, means.max() + room


def draw_cell(axis: Axes, place: int, row: pd.Series, is_baseline: bool) -> None:
    """One measure of one run, with its interval and its number."""
    differs = row.difference_low > 0 or row.difference_high < 0
    colour = DARK if is_baseline else BLUE if differs else GREY
    face = colour if differs or is_baseline else "white"
    axis.plot([row.low, row.high], [place, place], color=colour, linewidth=1.2, zorder=2)
    axis.plot(row["mean"], place, "o", color=colour, markerfacecolor=face, ms=4.5, zorder=3)
    text = f"{row['mean']:.3f}".replace("-", "−")
    axis.text(
        1.28,
        place,
        text,
        transform=axis.get_yaxis_transform(),
        color=colour,
        fontsize=7,
        ha="right",
        va="center",
    )


def plot_task_correlations(table: pd.DataFrame, correlations: pd.DataFrame) -> Figure:
    """Each task against gap and uniformity, a dot a run (yaras2024, Figs. 6 and 7).

    table: of `run_comparisons.run_differences`; correlations: of `measure_correlations`. A row of
    panels a task: its runs are named once, between the two panels.
    """
    tasks = [name for name in TASKS if name in set(correlations.task)]
    attributes = list(correlations.attribute.unique())
    means = table.pivot(index="run", columns="measure", values="mean")
    size = (9.6, len(tasks) * max(2.3, 0.14 * len(means) + 0.5))
    figure, axes = plt.subplots(len(tasks), 2, figsize=size, sharex="col", squeeze=False)
    figure.get_layout_engine().set(wspace=0.06)
    found = correlations[correlations.coefficient == "spearman"].set_index(["task", "attribute"])
    for (left, right), task in zip(axes, tasks, strict=True):
        for axis, attribute in zip((left, right), attributes, strict=True):
            draw_task(axis, table, task, attribute)
            row = found.loc[(task, attribute)]
            axis.set_title(f"ρ = {with_interval(row.value, row.low, row.high)}", weight="normal")
        name_runs(left, right, means[[*attributes, task]].dropna())
        left.set_ylabel(MEASURES[task].removesuffix(" ↑"))
        right.tick_params(axis="y", labelleft=False, length=0)
    for axis, attribute in zip(axes[-1], attributes, strict=True):
        axis.set_xlabel(MEASURES[attribute].removesuffix(" ↑"))
    return figure


def draw_task(axis: Axes, table: pd.DataFrame, task: str, attribute: str) -> None:
    """Dots of runs with 95% intervals both ways, where these are not of two seeds alone."""
    ends = ["low", "high"]
    table = table.assign(**table[ends].where(table.seeds > 2))
    x, y = (table[table.measure == name].set_index("run") for name in (attribute, task))
    both = x.add_suffix("_x").join(y.add_suffix("_y"), how="inner")
    spans = [
        [both[f"mean_{side}"] - both[f"low_{side}"], both[f"high_{side}"] - both[f"mean_{side}"]]
        for side in "yx"
    ]
    axis.errorbar(both.mean_x, both.mean_y, *spans, fmt="o", color=GREEN, ms=4.5, elinewidth=0.8)
    axis.set_xlim(around(both.mean_x))
    axis.set_ylim(around(both.mean_y))
    axis.grid()


def name_runs(left: Axes, right: Axes, means: pd.DataFrame) -> None:
    """Names between two panels of one height, with a thin line to the dot in either.

    means: index run, columns x of the left panel, x of the right one, y of both.
    """
    right.set_ylim(left.get_ylim())
    bottom, top = left.get_ylim()
    distance = (top - bottom) / max(len(means) - 1, 13)
    means = means.sort_values(means.columns[-1])
    # As many places as there are names above and below must be left within the panels.
    below = distance * np.arange(len(means))
    places = np.minimum(spread(list(means.iloc[:, -1]), distance), top - below[::-1])
    places = np.maximum(places, bottom + below)
    line = {"arrowstyle": "-", "color": "#aaaaaa", "linewidth": 0.5, "shrinkA": 1, "shrinkB": 3}
    for place, (run, x_left, x_right, y) in zip(places, means.itertuples(), strict=True):
        left.annotate(
            readable(run),
            (x_left, y),
            (1.06, place),
            textcoords=left.get_yaxis_transform(),
            fontsize=7,
            va="center",
            arrowprops={**line, "relpos": (0, 0.5)},
        )
        right.annotate(
            "",
            (x_right, y),
            (-0.03, place),
            textcoords=right.get_yaxis_transform(),
            arrowprops=line,
        )


def plot_long_training(points: pd.DataFrame, fit: pd.DataFrame) -> Figure:
    """The gap along a long training, against the step and against −1/log² t (yaras2024, Fig. 4a).

    points, fit: of `run_comparisons.slow_closing_fit`. Dots are measurements of every seed, the
    dashed line has the mean slope and intercept over seeds.
    """
    figure, (time, theory) = plt.subplots(1, 2, figsize=(8.6, 3.5), sharey=True)
    for _, own in points.groupby("seed"):
        style = {"color": GREEN, "marker": "o", "ms": 3, "linewidth": 0.8, "alpha": 0.7}
        time.plot(own.step, own.modality_gap, **style)
        theory.plot(own.inverse_square_log, own.modality_gap, **style)
    line = fit.mean()
    ends = np.array([points.inverse_square_log.min(), 0])
    theory.plot(ends, line.intercept + line.slope * ends, color=DARK, linestyle="--", linewidth=1.2)
    steps = np.linspace(points.step.min(), points.step.max(), 400)
    expected = line.intercept - line.slope / np.log(steps) ** 2
    time.plot(steps, expected, color=DARK, linestyle="--", linewidth=1.2)
    time.set_xlim(0, 1.02 * points.step.max())
    time.set_xlabel("training step t")
    time.set_ylabel("modality gap Δ")
    time.set_title("in steps")
    theory.set_xlabel("−1/log² t (0: endless training)")
    theory.set_title(f"as theory has it: R² = {r_squared(fit)}")
    theory.plot(0, line.intercept, "o", color=DARK, ms=5, clip_on=False, zorder=4)
    theory.annotate(
        f"the line ends at {line.intercept:.2f}".replace("-", "−"),
        (0, line.intercept),
        (-4, -7),
        textcoords="offset points",
        ha="right",
        va="top",
        fontsize=8,
    )
    name_steps(theory, points.step.min(), points.step.max())
    for axis in (time, theory):
        axis.grid()
    theory.set_xlim(1.04 * points.inverse_square_log.min(), 0.0)
    highest = points.modality_gap.max()
    theory.set_ylim(min(0, line.intercept - 0.2 * highest), 1.2 * highest)
    return figure


def r_squared(fit: pd.DataFrame) -> str:
    """The smallest and the largest over seeds, as far as they differ."""
    ends = [f"{value:.3f}" for value in (fit.r_squared.min(), fit.r_squared.max())]
    return " to ".join(dict.fromkeys(ends))


def name_steps(axis: Axes, first: float, last: float) -> None:
    """Which step stands where on the axis of −1/log² t, along its upper edge, not too densely."""
    steps = np.outer(10.0 ** np.arange(12), [1, 3]).ravel()
    steps = steps[(steps >= first) & (steps <= 1.1 * last)]
    kept = []
    for place, step in zip(-1 / np.log(steps) ** 2, steps, strict=True):
        if not kept or place - kept[-1][0] > 0.09 / np.log(first) ** 2:
            kept.append((place, f"{step:,.0f}" if kept else f"t = {step:,.0f}"))
    upper = axis.secondary_xaxis("top")
    upper.set_xticks([place for place, _ in kept], [name for _, name in kept], fontsize=7)
    upper.tick_params(length=3, pad=-14, direction="in")


def plot_gap_by_dimension(points: pd.DataFrame, means: pd.DataFrame) -> Figure:
    """The gap after training against the dimension of the embeddings (liang2022, Fig. 16).

    points, means: of `run_comparisons.gap_by_dimension`. Rings are seeds, bars 95% intervals.
    """
    figure, axis = plt.subplots(figsize=(4.6, 3.3))
    draw_curve(axis, points, "dimension", "modality_gap", BLUE)
    axis.set_xscale("log", base=2)
    axis.set_xticks(means.dimension, [f"{dimension:g}" for dimension in means.dimension])
    axis.xaxis.set_minor_locator(NullLocator())
    axis.set_ylim(0, 1.2 * np.nanmax([*points.modality_gap, *means.high]))
    axis.grid(axis="y")
    axis.set_xlabel("dimension of the embeddings")
    axis.set_ylabel("modality gap after training")
    smallest, largest = means["mean"].min(), means["mean"].max()
    axis.set_title(f"all mean gaps lie between {smallest:.2f} and {largest:.2f}")
    return figure
