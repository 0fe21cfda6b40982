"""Whether the modalities lie apart in pictures of the space: judged from the tables of `views`."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from modality_gap.claims.verdicts import (
    FAILS,
    HOLDS,
    Evidence,
    computed,
    in_how_many,
    joint,
    judges,
    named,
    sign,
)
from modality_gap.measures.intervals import wilson

APART = 0.95  # of points whose nearest one is of their modality: so few mix
NAMES = {"umap": "UMAP", "svd": "SVD", "pca": "PCA"}
PLACE = ["encoder", "corpus", "split"]
# The claims on pictures of trained networks, and of those that others started from, by method.
IDS = {
    "umap": ("L001 L003 L005 L007 L089", "L002 L004 L006 L008"),
    "svd": ("L009", "L010"),
    "pca": ("C001 Y003 L089", None),
}


@judges("views", order=0)
def view_claims(points: pd.DataFrame) -> Iterator[tuple]:
    """Whether points lie beside points of their own modality; of `views.view_points`.

    points: with columns method, corpus, split, encoder, and starts: the names of encoders that others
    started from, with commas.
    """
    for method, own in points.groupby("method", sort=False):
        started = own.encoder.isin(set(",".join(own.starts.unique()).split(",")))
        for ids, rows, whose in (
            (IDS[method][0], own[~started], "trained networks"),
            (IDS[method][1], own[started], "networks that others started from"),
        ):
            if ids and len(rows):
                found = [
                    share(PLACE, *place, label="modality")
                    for place in rows.groupby(PLACE, sort=False)
                ]
                verdicts = [sign(one.low - APART, one.high - APART, 1) for one in found]
                told = [f"{one.value:.3f} ({one.row.partition(' where ')[2]})" for one in found]
                yield (
                    ids,
                    f"In a picture by {NAMES[method]} of {whose} the modalities do not mix",
                    joint(verdicts),
                    f"{in_how_many(verdicts)}; share of points whose nearest one is of their modality: "
                    f"{named(told)}",
                    found,
                )


@judges("seed_points", order=1)
def seed_claims(points: pd.DataFrame) -> Iterator[tuple]:
    """Whether a picture keeps networks of several seeds apart; of `seed_cones.cone_points`.

    points: with columns family and trained; of random networks on data.
    """
    own = points[(points.inputs == "data") & ~points.trained & (points.method == "pca")]
    keys = ["family", "tower"]
    found = [share(keys, *place, label="seed") for place in own.groupby(keys, sort=False)]
    if found:
        verdicts = [sign(one.low - APART, one.high - APART, 1) for one in found]
        told = [f"{one.value:.3f} ({one.row.partition(' where ')[2]})" for one in found]
        yield (
            "L044",
            "In a picture by PCA random networks of other seeds do not mix",
            joint(verdicts),
            f"{in_how_many(verdicts)}; share of points whose nearest one is of their seed: {named(told)}",
            found,
        )


@judges("shift_view", order=0)
def moving_claims(points: pd.DataFrame) -> Iterator[tuple]:
    """Whether the two clouds come nearer while they are moved; of `shift.shift_view`, as above."""
    started = points.encoder.isin(set(",".join(points.starts.unique()).split(",")))
    centres = points[~started].groupby([*PLACE, "share", "modality"], sort=False).x.mean().unstack()
    apart = (centres.image - centres.text).abs().unstack("share")
    if apart.empty:
        return
    verdicts = [HOLDS if row.is_monotonic_decreasing else FAILS for _, row in apart.iterrows()]
    told = [
        f"{' → '.join(f'{distance:.2f}' for distance in row)} ({' '.join(place)})"
        for place, row in apart.iterrows()
    ]
    yield (
        "L065",
        "The two clouds approach each other while they are moved along the gap",
        joint(verdicts),
        f"{in_how_many(verdicts)}; distance of their centres in the picture {named(told)}",
        [
            computed(
                points,
                f"|mean x of images less texts| where encoder={place[0]} and share={at:g}",
                d,
            )
            for place, row in apart.iterrows()
            for at, d in row.items()
        ],
    )


def share(keys: list[str], place: tuple[str, ...], points: pd.DataFrame, label: str) -> Evidence:
    """The share of points whose nearest other one has the same label, with Wilson's interval.

    points: of the place that keys and their values name.
    """
    _, nearest = KDTree(points[["x", "y"]].to_numpy()).query(points[["x", "y"]].to_numpy(), k=2)
    own = points[label].to_numpy()
    # Of equal points, the first that is found may be the point itself or not.
    other = np.where(nearest[:, 0] == np.arange(len(own)), nearest[:, 1], nearest[:, 0])
    same = int((own[other] == own).sum())
    told = " and ".join(f"{key}={value}" for key, value in zip(keys, place, strict=True))
    ends = wilson(np.array(same), np.array(len(own)))
    return computed(points, f"share of x, y where {told}", same / len(own), ends, len(own))
