"""Figures of what moving along the modality gap does to tasks."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, NullLocator

from modality_gap.plots.style import BLUE, GREEN, GREY, ORANGE, PURPLE, readable, spread

MOVED_COLOURS = {"both": "#222222", "images": BLUE, "texts": ORANGE}
MOVED_NAMES = {"both": "both move", "images": "images move", "texts": "texts move"}
METRICS = {
    "roc_auc": "area under the ROC curve",
    "top_1": "top-1 accuracy",
}
JUMP = 0.3
PLACE = ["encoder", "corpus", "split"]
TASK = [*PLACE, "task"]
ENCODER_COLOURS = (GREEN, PURPLE, BLUE, ORANGE, "#222222")


def plot_zero_shot(curves: pd.DataFrame, gains: pd.DataFrame) -> Figure:
    """Accuracy against signed centre distance: a row a task, a column a direction (Fig. 10).

    curves, gains: of `moved_gap.zero_shot_table`, with columns encoder, corpus, split and task. The
    dashed line is the model's own gap, a dot the best shift (liang2022, Fig. 10).
    """
    curves, gains = principal(curves), principal(gains)
    tasks, directions = list(curves.groupby(TASK, sort=False)), list(curves.direction.unique())
    shape = len(tasks), len(directions)
    figure, axes = plt.subplots(
        *shape, figsize=(4.1 * shape[1] + 0.4, 2.3 * shape[0] + 0.8), squeeze=False, sharey="row"
    )
    for row, (name, table) in zip(axes, tasks, strict=True):
        best = gains[(gains[TASK] == list(name)).all(axis=1) & (gains.choice == "best")]
        for axis, direction in zip(row, directions, strict=True):
            own = table[table.direction == direction]
            draw_moves(axis, own, best[best.direction == direction])
        name_task(row[0], name, table)
        set_range(row, table.value, table.baseline.iloc[0])
    for axis, direction in zip(axes[0], directions, strict=True):
        what = "the task's own gap" if direction == "task" else f"the gap of {readable(direction)}"
        axis.set_title(f"moved along {what}")
    name_moves(figure, ["● the best shift", "- - the model's own gap"])
    figure.supxlabel(
        "signed distance between the centres whose difference is the direction", fontsize=9
    )
    return figure


def principal(table: pd.DataFrame) -> pd.DataFrame:
    """What the papers measure of each task: the ROC curve where it is asked for, or accuracy."""
    ranked = table.metric.map({name: rank for rank, name in enumerate(METRICS)})
    first = ranked.groupby([table[name] for name in TASK]).transform("min")
    return table[ranked == first]


def name_task(axis: Axes, name: tuple[str, ...], table: pd.DataFrame) -> None:
    """What a row of panels is of."""
    encoder, corpus, split, task = map(readable, name)
    metric = METRICS[table.metric.iloc[0]]
    axis.set_ylabel(f"{bold(task)}\n{encoder} on {corpus},\n{split}\n{metric}")


def bold(words: str) -> str:
    """Words in bold within a label; mathematics would drop their spaces."""
    return f"$\\bf{{{words}}}$".replace(" ", r"\ ").replace("_", r"\ ")


def draw_moves(axis: Axes, curves: pd.DataFrame, best: pd.DataFrame) -> None:
    """One line a move, a dot at its best shift, and the model's own gap."""
    for moved, curve in curves.groupby("moved", sort=False):
        colour, curve = MOVED_COLOURS[moved], curve.sort_values("shift")
        places = distance(curve).to_numpy()
        # Centres that pass each other at a distance: no line where nothing was measured.
        jumps = np.flatnonzero((np.diff(np.sign(places)) != 0) & (np.abs(np.diff(places)) > JUMP))
        places, values = (np.insert(a, jumps + 1, np.nan) for a in (places, curve.value.to_numpy()))
        axis.plot(places, values, color=colour, linewidth=1.3)
        chosen = curve[curve["shift"].isin(best["shift"][best.moved == moved])]
        axis.plot(distance(chosen), chosen.value, "o", color=colour, ms=5, zorder=4)
    own = distance(curves[curves["shift"] == 0]).iloc[0]
    axis.axvline(own, color=GREY, linewidth=1, linestyle="--", zorder=1)
    axis.grid(axis="y")


def distance(curve: pd.DataFrame) -> pd.Series:
    """Signed distance of the centres that give the direction, or of the task where none do."""
    if "reference_distance" not in curve:
        return curve.centre_distance
    return curve.reference_distance.fillna(curve.centre_distance)


def set_range(row: np.ndarray, values: pd.Series, baseline: float) -> None:
    """Scale for the curves; the baseline is a line where it fits, and otherwise a remark."""
    low, high = values.min(), values.max()
    fits = low - 0.5 * (high - low) < baseline < high + 0.5 * (high - low)
    if fits:
        low, high = min(low, baseline), max(high, baseline)
    room = max(0.08 * (high - low), 0.005)
    remark = f"always the same answer: {baseline:.2f}"
    for axis in row:
        axis.set_ylim(low - room, high + 2.5 * room)
        if fits:
            axis.axhline(baseline, color=GREY, linewidth=1, linestyle=":")
    place = (baseline, "bottom") if fits else (high + 2.3 * room, "top")
    arrow = "" if fits else " ↑" if baseline > high else " ↓"
    row[0].text(
        0.01,
        place[0],
        remark + arrow,
        color=GREY,
        fontsize=8,
        va=place[1],
        transform=row[0].get_yaxis_transform(),
        bbox={"facecolor": "white", "alpha": 0.7, "edgecolor": "none", "pad": 0.5},
    )


def name_moves(figure: Figure, more: list[str]) -> None:
    """What each line is, in its own colour, above all panels."""
    names = [(MOVED_NAMES[moved], colour) for moved, colour in MOVED_COLOURS.items()]
    names += [(name, GREY) for name in more]
    figure.suptitle(" ", fontsize=9)
    place = 0.06
    for name, colour in names:
        figure.text(place, 0.995, name, color=colour, fontsize=9, weight="bold", va="top")
        place += (0.085 * len(name) + 0.25) / figure.get_figwidth()


def plot_shift_gains(gains: pd.DataFrame) -> Figure:
    """What the best shift gains, and what closing the gap does (liang2022, Tables 1 and 5).

    gains: of `moved_gap.zero_shot_table`, with columns encoder, corpus, split and task. Rings: the
    best shift on the images that it is evaluated on; dots: chosen on one half of the images,
    evaluated on the other; squares: the gap closed. Lines are 95% intervals.
    """
    gains = principal(gains)
    directions = list(gains.direction.unique())
    panels = [(name, ("best", "held_out"), best_title(name)) for name in directions]
    panels.append((directions[0], ("closed",), "the gap closed"))
    rows = list(dict.fromkeys(zip(*(gains[name] for name in [*TASK, "moved"]), strict=True)))
    sides = list(dict.fromkeys(row[-1] for row in rows))
    places = {row: i + 0.9 * (i // len(sides)) for i, row in enumerate(rows)}
    size = (2.3 + 3.0 * len(panels), 0.26 * (max(places.values()) + 1) + 1.3)
    figure, axes = plt.subplots(1, len(panels), figsize=size, sharey=True, squeeze=False)
    for axis, (direction, choices, title) in zip(axes[0], panels, strict=True):
        for row, place in places.items():
            same = (gains[[*TASK, "moved"]] == list(row)).all(axis=1)
            own = gains[same & (gains.direction == direction)].set_index("choice")
            draw_gains(axis, own.loc[list(choices)], place)
        axis.axvline(0, color=GREY, linewidth=1, linestyle="--", zorder=1)
        axis.set_title(title)
        axis.xaxis.set_major_locator(MaxNLocator(5))
        axis.grid(axis="x")
    name_rows(axes[0, 0], places)
    remarks = {"○ best on the same images": GREY, "● best on other images": "#222222"}
    figure.suptitle(" ", fontsize=9)
    for number, (name, colour) in enumerate(remarks.items()):
        figure.text(
            (2.1 + 2.1 * number) / size[0],
            0.995,
            name,
            color=colour,
            fontsize=9,
            weight="bold",
            va="top",
        )
    figure.supxlabel("gain over the model as it is (accuracy, or area under the curve)", fontsize=9)
    return figure


def best_title(direction: str) -> str:
    """What a panel's shifts are along."""
    return "best shift, " + (
        "task's own gap" if direction == "task" else f"gap of {readable(direction)}"
    )


def draw_gains(axis: Axes, chosen: pd.DataFrame, place: float) -> None:
    """Gains of one task and move, one above the other, with their intervals."""
    markers = {"best": "o", "held_out": "o", "closed": "s"}
    offsets = np.linspace(0.18, -0.18, len(chosen)) if len(chosen) > 1 else [0]
    for offset, (choice, row) in zip(offsets, chosen.iterrows(), strict=True):
        colour = GREY if choice == "best" else MOVED_COLOURS[row.moved]
        axis.plot([row.gain_low, row.gain_high], [place - offset] * 2, color=colour, linewidth=1)
        axis.plot(
            row.gain,
            place - offset,
            markers[choice],
            color=colour,
            ms=4.5,
            markerfacecolor="white" if choice == "best" else colour,
        )


def name_rows(axis: Axes, places: dict[tuple, float]) -> None:
    """Moves in their colours beside the rows, tasks beside those of each."""
    axis.set_yticks(list(places.values()), [MOVED_NAMES[row[-1]] for row in places])
    for tick, row in zip(axis.get_yticklabels(), places, strict=True):
        tick.set_color(MOVED_COLOURS[row[-1]])
    axis.set_ylim(max(places.values()) + 0.6, -0.6)
    tasks = {}
    for row, place in places.items():
        tasks.setdefault(row[:-1], []).append(place)
    for (encoder, corpus, split, task), own in tasks.items():
        axis.annotate(
            f"{readable(task)}\n{readable(encoder)} on {readable(corpus)}\n{readable(split)}",
            (0, np.mean(own)),
            (-78, 0),
            xycoords=axis.get_yaxis_transform(),
            textcoords="offset points",
            ha="right",
            va="center",
            fontsize=8,
        )


def plot_shifted_recall(curves: pd.DataFrame, gains: pd.DataFrame) -> Figure:
    """Recall@k against signed centre distance: a row an encoder and split, a column a direction.

    curves, gains: of `moved_gap.shifted_recall_table`, with columns encoder, corpus and split. The
    dashed line is the model's own gap, a dot the best shift (cf. chowers2026, Fig. 2b).
    """
    places, directions = list(curves.groupby(PLACE, sort=False)), list(curves.direction.unique())
    figure, axes = plt.subplots(
        len(places), len(directions), figsize=(8.6, 2.6 * len(places) + 0.7), squeeze=False
    )
    for row, (name, table) in zip(axes, places, strict=True):
        best = gains[(gains[PLACE] == list(name)).all(axis=1) & (gains.choice == "best")]
        for axis, direction in zip(row, directions, strict=True):
            here = table[table.direction == direction]
            for metric, own in here.groupby("metric", sort=False):
                same = (best.metric == metric) & (best.direction == direction)
                draw_moves(axis, own, best[same])
            axis.set_ylim(0, max(1.08 * here.value.max(), 0.02))
            name_ks(axis, here)
            queries, items = direction.split("_to_")
            axis.set_title(f"{queries}s choose {items}s", weight="normal")
        encoder, corpus, split = map(readable, name)
        row[0].set_ylabel(f"{bold(encoder)}\n{corpus}, {split}\nrecall@k")
    name_moves(figure, ["● the best shift", "- - the model's own gap (recall there)"])
    figure.supxlabel("signed distance between the centres of images and texts", fontsize=9)
    return figure


def name_ks(axis: Axes, curves: pd.DataFrame) -> None:
    """Which k a line is of, where the lines reach furthest; its recall at the model's own gap."""
    own = curves[curves["shift"] == 0].drop_duplicates("k").set_index("k").value
    ends = curves.loc[curves.groupby("k").centre_distance.idxmax()].sort_values("k")
    places = spread(list(ends.value), 0.085 * axis.get_ylim()[1])
    left, right = axis.get_xlim()
    for row, place in zip(ends.itertuples(), places, strict=True):
        text = f"k = {row.k} ({own[row.k]:.2f})"
        axis.text(right, place, text, color=MOVED_COLOURS[row.moved], fontsize=8, va="center")
    axis.set_xlim(left, right + 0.28 * (right - left))
    axis.set_xticks(np.arange(np.ceil(left), np.floor(right) + 1))


def plot_pair_matching(table: pd.DataFrame) -> Figure:
    """Pairs matched without fault: by pattern, and while the gap moves (yaras2024, Table 1).

    table: of `pair_matching.pair_matching_table`, with columns encoder, corpus and split; a row of
    panels each. Dots: the benchmark's rule, statements choose images; rings: the other way round.
    """
    places = list(table.groupby(PLACE, sort=False))
    patterns = list(dict.fromkeys(table.pattern))
    size = (9.2, len(places) * (0.27 * len(patterns) + 0.9) + 0.6)
    figure, axes = plt.subplots(
        len(places), 2, figsize=size, squeeze=False, sharex="col", width_ratios=[1.15, 1]
    )
    for (left, right), (name, own) in zip(axes, places, strict=True):
        draw_patterns(left, own[(own["shift"] == 0) & (own.moved == own.moved.iloc[0])])
        left.set_title(f"{readable(name[0])} on {readable(name[1])}, as it is")
        overall = own[(own.pattern == patterns[-1]) & (own.direction == "text_to_image")]
        draw_moves(right, overall.rename(columns={"share": "value"}), overall.iloc[:0])
        right.axhline(own.chance.iloc[0], color=GREY, linewidth=1, linestyle=":")
        right.set_ylim(0, 1.02)
        right.set_title(f"statements choose images, {patterns[-1]}", weight="normal")
        right.set_ylabel("share of pairs")
    axes[-1, 0].set_xlabel(
        "share of pairs with both choices right\n"
        "(● statements choose images, ○ images choose statements)"
    )
    axes[-1, 1].set_xlabel("signed distance between the centres")
    name_moves(figure, ["- - the model's own gap", "··· guessing"])
    return figure


def draw_patterns(axis: Axes, table: pd.DataFrame) -> None:
    """A row a pattern, both directions with their intervals."""
    patterns = list(dict.fromkeys(table.pattern))
    for row in table.itertuples():
        own = row.direction == "text_to_image"
        colour, place = (GREEN, -0.13) if own else (GREY, 0.13)
        place += patterns.index(row.pattern)
        axis.plot([row.low, row.high], [place] * 2, color=colour, linewidth=1)
        axis.plot(row.share, place, "o", color=colour, ms=4.5, mfc=colour if own else "white")
    axis.axvline(table.chance.iloc[0], color=GREY, linewidth=1, linestyle=":")
    names = [
        f"{name} ({n})" for name, n in table.drop_duplicates("pattern")[["pattern", "pairs"]].values
    ]
    axis.set_yticks(range(len(patterns)), names)
    axis.set_ylim(len(patterns) - 0.4, -0.6)
    axis.set_xlim(-0.02, 1.02)
    axis.grid(axis="x")


def plot_linear_probe(accuracies: pd.DataFrame, candidates: pd.DataFrame) -> Figure:
    """Accuracy of linear probes against their regularisation, a panel a task (yaras2024, App. E.3).

    accuracies, candidates: of `linear_probe.chosen_linear_probe`, with columns encoder and task;
    the first with baseline, the share of the largest class. Lines: on images set apart; dots: the
    chosen probe, fitted to all training images, on the test images.
    """
    tasks, encoders = list(dict.fromkeys(accuracies.task)), list(dict.fromkeys(accuracies.encoder))
    figure, axes = plt.subplots(1, len(tasks), figsize=(4.4 * len(tasks), 3.0), squeeze=False)
    for axis, task in zip(axes[0], tasks, strict=True):
        own = accuracies[accuracies.task == task].set_index("encoder")
        curves = candidates[candidates.task == task].groupby("encoder")
        right = candidates.regularization.max()
        ends = sorted((own.accuracy[name], name) for name in own.index)
        for place, (accuracy, name) in zip(spread([v for v, _ in ends], 0.05), ends, strict=True):
            colour = ENCODER_COLOURS[encoders.index(name) % len(ENCODER_COLOURS)]
            curve = curves.get_group(name).sort_values("regularization")
            axis.plot(curve.regularization, curve.accuracy, color=colour, linewidth=1.1)
            axis.plot(own.regularization[name], accuracy, "o", color=colour, ms=6, zorder=4)
            text = f"{readable(name)}: {accuracy:.2f}"
            axis.text(1.6 * right, place, text, color=colour, fontsize=8, va="center")
        baseline, least = own.baseline.iloc[0], candidates.regularization.min()
        axis.axhline(baseline, color=GREY, linewidth=1, linestyle=":")
        axis.set_xscale("log")
        axis.set_xlim(0.7 * least, right * (right / least) ** 0.45)
        axis.set_xticks(sorted(set(candidates.regularization)))
        axis.xaxis.set_minor_locator(NullLocator())
        axis.set_ylim(0, 1)
        remark = f"the largest class: {baseline:.2f}"
        axis.text(
            axis.get_xlim()[1],
            baseline - 0.01,
            remark,
            color=GREY,
            fontsize=8,
            va="top",
            ha="right",
        )
        axis.set_title(readable(task))
        axis.grid(axis="y")
    axes[0, 0].set_ylabel("accuracy")
    figure.supxlabel(
        "inverse regularisation C\n(lines: on images set apart, dots: chosen, on test images)",
        fontsize=9,
    )
    return figure
