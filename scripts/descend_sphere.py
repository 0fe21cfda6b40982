"""Gradient descent on free embeddings on the unit sphere: three single settings, and a sweep."""

import pandas as pd
import torch

from job import job
from modality_gap.devices import choose_device
from modality_gap.origin.batched_descent import descend_on_sphere

with job(snakemake):
    torch.set_num_threads(snakemake.threads)
    device = choose_device(snakemake.resources.get("gpu", 0))
    records, positions = [], []
    for name, settings in snakemake.params.runs.items():
        measured, points = descend_on_sphere(**settings, device=device)
        records.append(measured.assign(run=name))
        if len(points):
            positions.append(points.assign(run=name))
    pd.concat(records).to_parquet(snakemake.output.records, index=False)
    pd.concat(positions).to_parquet(snakemake.output.positions, index=False)
    sweep = dict(snakemake.params.sweep)
    tables = [
        descend_on_sphere(dimension, **sweep, device=device, snapshots=[])[0]
        for dimension in sweep.pop("dimensions")
    ]
    pd.concat(tables).to_parquet(snakemake.output.sweep, index=False)
