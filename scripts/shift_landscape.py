"""Contrastive loss while both modalities move along the gap."""

from pathlib import Path

import numpy as np
import pandas as pd

from job import job
from measured import measured
from modality_gap.data.embeddings import read_matched
from modality_gap.measures.shift import shift_landscape

with job(snakemake), measured(snakemake):
    images, texts = read_matched(Path(snakemake.input.images).parent)
    grid, batch_size = snakemake.params.shifts, snakemake.params.batch_size
    # The model as it is, a shift of 0, is always among them.
    shifts = sorted({0.0, *np.linspace(grid["first"], grid["last"], grid["number"]).round(9)})
    temperatures = [1 / scale for scale in snakemake.params.logit_scales]
    scopes = {"batches": batch_size, "whole": None}
    tables = [
        shift_landscape(images, texts, shifts, temperatures, size).assign(
            scope=scope, batch_size=min(size or len(images), len(images))
        )
        for scope, size in scopes.items()
    ]
    pd.concat(tables).to_parquet(snakemake.output[0], index=False)
