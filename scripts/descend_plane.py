"""Gradient descent on free embeddings in the plane, from isotropic and from collapsed clusters."""

from itertools import product

import pandas as pd

from job import job
from modality_gap.origin.plane_descent import descend_in_plane

SHARED = ("pairs", "gap", "learning_rate")

with job(snakemake):
    settings = snakemake.params.settings
    shared = {key: settings[key] for key in SHARED}
    records, positions = [], []
    for start in ("isotropic", "collapsed"):
        entry = settings[start]
        for deviation, temperature, seed in product(
            entry["deviations"], entry["temperatures"], range(settings["seeds"])
        ):
            run = {"deviation": deviation, "temperature": temperature, "seed": seed, **shared}
            measured, points = descend_in_plane(
                start, **run, steps=entry["steps"], snapshots=entry["snapshots"]
            )
            records.append(measured)
            positions.append(points[points.seed == 0])
    pd.concat(records).to_parquet(snakemake.output.records, index=False)
    pd.concat(positions).to_parquet(snakemake.output.positions, index=False)
