"""Every number that says how far apart images and texts are."""

from pathlib import Path

import numpy as np
import pandas as pd

from job import job, say
from measured import measured
from modality_gap.data.embeddings import matched_pairs, read_units
from modality_gap.data.stored import open_pairs
from modality_gap.measures.gap import gap_cosines, gap_measures, undefined_measures
from modality_gap.measures.samples import asked_rows, told

BINS = np.linspace(-1, 1, 401)

with job(snakemake), measured(snakemake):
    folder = Path(snakemake.input.images).parent
    images, texts, pairs, matched = open_pairs(folder)
    units = read_units(folder, pairs, len(images))
    image_rows, text_rows = matched_pairs(pairs, matched).T
    images, texts = images.take(image_rows, axis=0), texts.take(text_rows, axis=0)
    n, sample = len(images), snakemake.params.sample
    asked = asked_rows(n, n, sample["pairs"], sample["seed"])
    measures = gap_measures(images, texts, text_rows, image_rows, asked, units[image_rows])
    remarks = undefined_measures(measures)
    if asked is not None:
        # If more than 3 of as many pairs as were asked were smaller, 95% of samples had met one.
        remarks.append(
            f"margin and matched share: of {told(len(asked), n, 'pairs', sample['seed'])}, each beside "
            f"all; the margin is the smallest of these, and at most 1 in {len(asked) // 3:,} of all pairs "
            "has a smaller one (95%)"
        )
    say(snakemake, remarks)
    table = pd.DataFrame([{"pairs": len(images), **measures}])
    table.attrs["remarks"] = remarks
    table.to_parquet(snakemake.output.measures, index=False)
    tables = [
        pd.DataFrame(
            {
                "modality": modality,
                "from": BINS[:-1],
                "to": BINS[1:],
                "count": np.histogram(values, BINS)[0],
                "mean_absolute": np.abs(values).mean(),
                "dimension": images.shape[1],
            }
        )
        for modality, values in gap_cosines(images, texts).items()
    ]
    pd.concat(tables).to_parquet(snakemake.output.cosines, index=False)
