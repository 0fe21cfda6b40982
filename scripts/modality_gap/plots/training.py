"""Figures of training."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from modality_gap.measures.intervals import mean_interval, mean_intervals
from modality_gap.plots.style import BLUE, GREEN, GREY, ORANGE, spread

MEASURES = (
    ("loss", "contrastive loss (nats)"),
    ("temperature", "temperature τ"),
    ("modality_gap", "modality gap"),
)
RECALLS = {
    "image→text": ("image_to_text_recall_at_1", BLUE),
    "text→image": ("text_to_image_recall_at_1", ORANGE),
}


def plot_trajectory(trajectories: list[pd.DataFrame]) -> Figure:
    """Loss, temperature, gap and recall against the training step (cf. yaras2024, Fig. 4a).

    trajectories: one a seed, columns step, loss, temperature, modality_gap, and recall@1 in both
    directions. Curves are means over the seeds (thin), bands their 95% intervals.
    """
    numbered = [table.assign(seed=number) for number, table in enumerate(trajectories)]
    trajectory = pd.concat(numbered)
    figure, axes = plt.subplots(1, 4, figsize=(11, 2.7), width_ratios=[1, 1, 1, 1.25])
    for axis, (measure, name) in zip(axes, MEASURES, strict=False):
        axis.set_title(name)
        draw(axis, trajectory.dropna(subset=measure), {"": (measure, GREEN)})
    axes[3].set_title("recall@1")
    draw(axes[3], trajectory, RECALLS)
    start = trajectory.modality_gap[trajectory.step == 0].mean()
    axes[2].axhline(start, color=GREY, linewidth=0.9, linestyle="--")
    axes[2].text(
        trajectory.step.max() * 0.1, 1.02 * start, "initial weights", color=GREY, fontsize=8
    )
    seeds = (
        f", mean of {len(trajectories)} seeds (thin) with 95% interval"
        if len(trajectories) > 1
        else ""
    )
    figure.supxlabel(f"training step{seeds}", fontsize=9)
    return figure


def draw(axis, table: pd.DataFrame, curves: dict[str, tuple[str, str]]) -> None:
    """Curves with their last values at their right ends; curves: (column, colour) by name."""
    means = {name: mean_intervals(table, ["step"], column) for name, (column, _) in curves.items()}
    # An interval of two seeds may reach far beyond every seed: it does not set the scale.
    highest = max(table[column].max() for column, _ in curves.values())
    ends = sorted((curve["mean"].iloc[-1], name) for name, curve in means.items())
    places = spread([value for value, _ in ends], 0.09 * highest)
    last = table.step.max()
    for place, (value, name) in zip(places, ends, strict=True):
        curve, (_, colour) = means[name], curves[name]
        axis.plot(curve.step, curve["mean"], color=colour, marker="o", ms=2.5)
        axis.fill_between(curve.step, curve.low, curve.high, color=colour, alpha=0.15, linewidth=0)
        for _, own in table.groupby("seed"):
            axis.plot(own.step, own[curves[name][0]], color=colour, linewidth=0.5, alpha=0.6)
        text = f"{value:.3g} {name}".strip()
        axis.text(last * 1.04, place, text, color=colour, va="center", fontsize=8)
    axis.grid(axis="y")
    axis.xaxis.get_major_locator().set_params(integer=True)
    axis.set_ylim(0, 1.2 * highest)
    axis.set_xlim(left=0, right=last * (1.22 if len(curves) == 1 else 1.6))


def plot_first_steps(gaps: pd.DataFrame) -> Figure:
    """The gap along the first steps, and its change over them (yaras2024, Fig. 4b).

    gaps: columns seed, step, modality_gap; every seed has the same steps.
    """
    wide = gaps.pivot(index="step", columns="seed", values="modality_gap")
    first, last = wide.index[0], wide.index[-1]
    change = (wide.loc[last] - wide.loc[first]).to_numpy()
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.0))
    left.plot(wide.index, wide.to_numpy(), color=GREY, linewidth=0.5, alpha=0.6)
    mean = mean_intervals(gaps, ["step"], "modality_gap")
    left.plot(mean.step, mean["mean"], color=GREEN, marker="o", ms=3)
    left.fill_between(mean.step, mean.low, mean.high, color=GREEN, alpha=0.25, linewidth=0)
    left.set_xlabel("training step")
    left.set_ylabel("modality gap of the batch")
    left.set_title(f"{wide.shape[1]} initialisations, and their mean", weight="normal")
    left.set_ylim(0, 1.1 * wide.to_numpy().max())
    right.hist(change, bins="auto", color=GREEN, alpha=0.6)
    right.axvline(0, color=GREY, linewidth=0.9, linestyle="--")
    average, low, high = mean_interval(change)
    right.set_title(
        f"mean change {average:+.3f} [{low:+.3f}, {high:+.3f}],\n"
        f"the gap grows in {np.mean(change > 0):.0%} of the initialisations",
        weight="normal",
    )
    right.set_xlabel(f"change of the gap from step {first} to step {last}")
    right.set_ylabel("number of initialisations")
    right.yaxis.get_major_locator().set_params(integer=True)
    return figure
