"""Contrastive loss while both modalities move along the gap."""

from pathlib import Path

import numpy as np
import pandas as pd

from job import job, say
from measured import measured
from modality_gap.data.embeddings import matched_pairs, read_units, sample_pairs
from modality_gap.data.stored import open_pairs
from modality_gap.measures.samples import told
from modality_gap.measures.shift import shift_landscape

LEAST = 200  # pairs that are asked, for an interval that means something

with job(snakemake), measured(snakemake):
    folder = Path(snakemake.input.images).parent
    images, texts, pairs, matched = open_pairs(folder)
    units = read_units(folder, pairs, len(images))
    image_rows, text_rows = matched_pairs(pairs, matched).T
    images, texts, units = (
        images.take(image_rows, axis=0),
        texts.take(text_rows, axis=0),
        units[image_rows],
    )
    n, grid, sample = len(images), snakemake.params.shifts, snakemake.params.sample
    # The model as it is, a shift of 0, is always among them.
    shifts = sorted({0.0, *np.linspace(grid["first"], grid["last"], grid["number"]).round(9)})
    temperatures = [1 / scale for scale in snakemake.params.logit_scales]
    asked, attributes = None, {}
    if n > sample["pairs"]:
        # In both directions together as many comparisons as the sample's pairs have among themselves.
        number = max(LEAST, sample["pairs"] ** 2 // (2 * n))
        asked = sample_pairs(n, number, sample["seed"])
        said = f"{told(len(asked), n, 'pairs', sample['seed'])}, each beside all"
        attributes = {"sampled": [said], "remarks": [f"loss in a batch of all pairs: of {said}"]}
        say(snakemake, attributes["remarks"])
    scopes = {"batches": (snakemake.params.batch_size, None), "whole": (None, asked)}
    tables = [
        shift_landscape(images, texts, shifts, temperatures, size, rows, units).assign(
            scope=scope, batch_size=min(size or n, n)
        )
        for scope, (size, rows) in scopes.items()
    ]
    table = pd.concat(tables)
    if asked is not None:
        # Of batches nothing is left open: all were measured.
        table = table.assign(**{end: table[end].fillna(table.loss) for end in ("low", "high")})
    table.attrs = attributes
    table.to_parquet(snakemake.output[0], index=False)
