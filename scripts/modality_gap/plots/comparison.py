"""Gap and recall of several studies in one figure."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from modality_gap.plots.style import BLUE, DIRECTION_COLOURS, GREEN, ORANGE, PURPLE

MARKS = "osD^vP*X<>"
TITLES = {"image_to_text": "image to text", "text_to_image": "text to image"}
NEAR, WIDE = 0.05, 0.5  # shares of a panel within which a second name would lie on the first
STUDY_COLOURS = (BLUE, ORANGE, GREEN, PURPLE)


def plot_gap_and_recall(table: pd.DataFrame) -> Figure:
    """Recall@1 against the gap, a point an encoder and split, a panel a direction.

    table: of `comparison.summaries`. A study has a colour and a mark; encoders of one name and split are
    joined, so that a line is what differs between studies.
    """
    directions = [name for name in DIRECTION_COLOURS if f"recall@1_{name}" in table]
    figure, panels = plt.subplots(
        1, len(directions), figsize=(3.4 * len(directions) + 0.4, 3.4), squeeze=False, sharey=True
    )
    for panel, direction in zip(panels[0], directions, strict=True):
        recall = f"recall@1_{direction}"
        for _, same in table.groupby(["encoder", "corpus", "split"], sort=False):
            panel.plot(same.modality_gap, same[recall], color="0.75", linewidth=1, zorder=1)
        for number, (study, own) in enumerate(table.groupby("study", sort=False)):
            panel.scatter(
                own.modality_gap,
                own[recall],
                color=STUDY_COLOURS[number % len(STUDY_COLOURS)],
                marker=MARKS[number % len(MARKS)],
                label=study,
                zorder=2,
            )
        panel.set_title(TITLES[direction])
        panel.set_xlabel("modality gap (distance of the centres)")
        panel.set_xlim(0, 1.1 * table.modality_gap.max())
    panels[0, 0].set_ylabel("recall@1")
    panels[0, 0].set_ylim(bottom=0)
    name_points(panels[0, 0], table, f"recall@1_{directions[0]}")
    panels[0, -1].legend(title="study", loc="best", frameon=False)
    return figure


def name_points(panel, table: pd.DataFrame, recall: str) -> None:
    """Write an encoder's name beside its first point, but for points that are near one with a name."""
    first = table.drop_duplicates(["encoder", "corpus", "split"]).sort_values(
        recall, ascending=False
    )
    named: list[tuple[float, float]] = []
    wide, high = panel.get_xlim()[1], panel.get_ylim()[1]
    for row in first.to_dict("records"):
        place = row["modality_gap"] / wide, row[recall] / high
        if any(abs(place[1] - other) < NEAR and abs(place[0] - x) < WIDE for x, other in named):
            continue
        named.append(place)
        several = first[first.encoder == row["encoder"]]
        name = row["encoder"] if len(several) == 1 else f"{row['encoder']}, {row['split']}"
        panel.annotate(
            name.replace("_", " "),
            (row["modality_gap"], row[recall]),
            xytext=(-5, 3),
            textcoords="offset points",
            ha="right",
            fontsize=6,
        )
