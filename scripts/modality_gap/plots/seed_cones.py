"""Figures of networks that differ in their seed alone."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.stats import gaussian_kde

from modality_gap.plots.style import BLUE, GREEN, ORANGE

INPUTS = {"data": "data", "noise": "noise as input"}
METHODS = {"pca": "PCA", "umap": "UMAP"}
MEASURES = {
    "modality_gap": ("modality gap", GREEN),
    "image_distance": ("images from their centre", BLUE),
    "text_distance": ("texts from their centre", ORANGE),
}


def plot_seed_cones(shares: pd.DataFrame, points: pd.DataFrame) -> Figure:
    """The same items by many networks, a colour a seed (liang2022, Figs. 2c, 5, 7, 13).

    shares: of `variance_between_seeds`, a row a tower and input. points: of `cone_points`, with
    columns tower and inputs. A row a tower; data, then noise, each by PCA and by UMAP.
    """
    towers = list(dict.fromkeys(shares.tower))
    panels = [(inputs, method) for inputs in INPUTS for method in METHODS]
    figure, axes = plt.subplots(
        len(towers), len(panels), figsize=(2.7 * len(panels), 2.85 * len(towers)), squeeze=False
    )
    facts = shares.set_index(["tower", "inputs"])
    for row, tower in enumerate(towers):
        for axis, (inputs, method) in zip(axes[row], panels, strict=True):
            here = points[
                (points.tower == tower) & (points.inputs == inputs) & (points.method == method)
            ]
            scatter_seeds(axis, here)
            name = METHODS[method]
            if method == "pca":
                name += f" ({here.share.iloc[0]:.0%} of the variance)"
                fact = facts.loc[tower, inputs]
                axis.set_title(
                    f"{tower}s: {INPUTS[inputs]}\n{percent(fact.share_between)} of the variance\n"
                    f"between seeds{interval(fact.share_low, fact.share_high)}",
                    weight="normal",
                )
            axis.set_xlabel(name)
    return figure


def percent(share: float) -> str:
    """A share in percent, with a decimal where the share is nearly all."""
    return f"{share:.1%}" if share > 0.99 else f"{share:.0%}"


def interval(low: float, high: float) -> str:
    """An interval of shares in brackets; nothing where it is not known."""
    return "" if np.isnan(low) else f" [{percent(low)}, {percent(high)}]"


def scatter_seeds(axis, points: pd.DataFrame) -> None:
    """Points in a colour a seed; neighbours in number are far apart in colour."""
    seeds = np.unique(points.seed)
    colours = plt.get_cmap("turbo")(np.linspace(0.05, 0.95, len(seeds)))
    order = np.argsort((np.arange(len(seeds)) * 7) % max(1, len(seeds)), kind="stable")
    for seed, colour in zip(seeds, colours[order], strict=True):
        here = points[points.seed == seed]
        axis.scatter(here.x, here.y, s=6, color=colour, linewidths=0, alpha=0.8)
    axis.margins(0.08)
    axis.set_xticks([])
    axis.set_yticks([])


def plot_spread(spread: pd.DataFrame) -> Figure:
    """Densities of the gap and of the distances within the modalities (chowers2026, Fig. 6 right).

    spread: of `gap_and_spread`.
    """
    figure, axis = plt.subplots(figsize=(6.4, 3.0))
    highest = spread.value.max()
    places = np.linspace(0, 1.25 * highest, 800)
    for measure, (name, colour) in MEASURES.items():
        values = spread[spread.measure == measure].value.to_numpy()
        # A tower whose embeddings all coincide has no density; a hair's width stands for it.
        width = max(values.std(), 1e-3 * highest) * len(values) ** -0.2
        density = gaussian_kde(values, bw_method=width / max(values.std(ddof=1), 1e-12))(places)
        density /= density.max()
        axis.fill_between(places, density, color=colour, alpha=0.18, linewidth=0)
        axis.plot(places, density, color=colour)
        axis.annotate(
            f"{name}\nmean {values.mean():.2g}",
            (places[density.argmax()], 1.0),
            (0, 4),
            textcoords="offset points",
            ha="center" if places[density.argmax()] > 0.15 * highest else "left",
            color=colour,
            fontsize=8,
        )
    axis.set_ylim(0, 1.3)
    axis.set_yticks([])
    axis.set_xlim(0, 1.25 * highest)
    axis.set_xlabel("distance in the shared space (unit vectors)")
    axis.set_ylabel("density, scaled to its peak")
    number = spread[spread.measure == "modality_gap"].seed.nunique()
    axis.set_title(f"{number} networks with weights of different seeds", weight="normal")
    return figure
