"""Cones of networks that differ in their seed alone (liang2022, Figs. 2c, 5, 7, 13)."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from modality_gap.data.embeddings import check_embeddings, normalize
from modality_gap.measures.gap import mean_cosine, modality_gap
from modality_gap.measures.intervals import between_share
from modality_gap.measures.views import leading_axes, umap_points

KEYS = ("seed", "tower", "inputs")


def write_cones(path: str | Path, cones: list[tuple[int, str, str, np.ndarray]]) -> None:
    """Write embeddings of several networks: (seed, tower, inputs, array of shape (n, d)).

    tower: image or text; inputs: data or noise. Every array has the same width.
    """
    for seed, tower, inputs, embeddings in cones:
        check_embeddings(embeddings, f"seed {seed}, {tower} tower, {inputs}")
    counts = [len(embeddings) for *_, embeddings in cones]
    stacked = np.concatenate([embeddings for *_, embeddings in cones]).astype(np.float32)
    columns = {
        key: np.repeat([cone[position] for cone in cones], counts)
        for position, key in enumerate(KEYS)
    }
    flat = pa.array(np.ascontiguousarray(stacked).ravel())
    columns["embedding"] = pa.FixedSizeListArray.from_arrays(flat, stacked.shape[1])
    pq.write_table(pa.table(columns), path)


def read_cones(paths: list[str]) -> Iterator[tuple[str, str, list[int], np.ndarray]]:
    """Tower, inputs, seeds and unit-length embeddings, shape (seeds, n, d), of `write_cones`."""
    table = pa.concat_tables([pq.read_table(path) for path in paths])
    column = table.column("embedding").combine_chunks()
    matrix = column.flatten().to_numpy(zero_copy_only=True).reshape(len(column), -1)
    keys = table.drop_columns("embedding").to_pandas()
    for (tower, inputs), group in keys.groupby(["tower", "inputs"], sort=False):
        rows = {int(seed): own.index.to_numpy() for seed, own in group.groupby("seed")}
        embeddings = np.stack([normalize(matrix[own]) for own in rows.values()])
        yield tower, inputs, list(rows), embeddings


def variance_between_seeds(embeddings: np.ndarray) -> dict[str, float]:
    """Share of the variance that lies between networks, and the cosines behind it.

    embeddings: of the same n items by k networks, shape (k, n, d), unit length. Returns
    share_between with its 95% interval (share_low, share_high), mean cosine of two items
    in one network (within_cosine) and in two networks (between_cosine).
    """
    means = embeddings.mean(axis=1, dtype=np.float64)
    # Rows have length 1: what the centre does not hold lies around it.
    within = 1 - (means * means).sum(axis=1)
    share, low, high = between_share(means, within)
    products = means @ means.T
    others = ~np.eye(len(means), dtype=bool)
    return {
        "share_between": share,
        "share_low": low,
        "share_high": high,
        "within_cosine": float(np.mean([mean_cosine(network) for network in embeddings])),
        "between_cosine": float(products[others].mean()),
    }


def cone_points(embeddings: np.ndarray, seeds: list[int], seed: int) -> pd.DataFrame:
    """All embeddings in one plane, by PCA and by UMAP: columns method, seed, x, y, share.

    embeddings: shape (k, n, d), of networks with these seeds. share: of the variance in the plane
    of PCA. seed: of UMAP.
    """
    stacked = embeddings.reshape(-1, embeddings.shape[2]).astype(np.float64)
    centred = stacked - stacked.mean(axis=0)
    axes, shares = leading_axes(centred)
    labels = np.repeat(seeds, embeddings.shape[1])
    tables = [
        pd.DataFrame(
            {
                "method": method,
                "seed": labels,
                "x": points[:, 0],
                "y": points[:, 1],
                "share": share,
            }
        )
        for method, points, share in (
            ("pca", centred @ axes, sum(shares)),
            ("umap", umap_points(stacked, seed), np.nan),
        )
    ]
    return pd.concat(tables, ignore_index=True)


def gap_and_spread(towers: dict[str, np.ndarray], seeds: list[int]) -> pd.DataFrame:
    """The gap of each network, and how far its embeddings lie from their own centres.

    towers: by name (image, text, or one of them), shape (k, n, d), unit length (chowers2026,
    Fig. 6 right). Columns seed, measure (modality_gap, of both: a row a network; image_distance,
    text_distance: a row an item), value.
    """
    tables = []
    for position, seed in enumerate(seeds):
        values = {}
        if len(towers) == 2:
            pair = towers["image"][position], towers["text"][position]
            values["modality_gap"] = [modality_gap(*pair)]
        for name, embeddings in towers.items():
            rows = embeddings[position]
            values[f"{name}_distance"] = np.linalg.norm(rows - rows.mean(axis=0), axis=1)
        tables += [
            pd.DataFrame({"seed": seed, "measure": name, "value": own})
            for name, own in values.items()
        ]
    return pd.concat(tables, ignore_index=True)


def spread_by_network(spread: pd.DataFrame) -> pd.DataFrame:
    """Gap and mean distances of each network, a row a network; spread: of `gap_and_spread`.

    Columns seed, and the measures that there are.
    """
    means = spread.pivot_table(index="seed", columns="measure", values="value", aggfunc="mean")
    return means.rename_axis(columns=None).reset_index()
