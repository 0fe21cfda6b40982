"""Every number that says how far apart images and texts are."""

from pathlib import Path

import numpy as np
import pandas as pd

from job import job, say
from measured import measured
from modality_gap.data.embeddings import matched_pairs, read_pairs
from modality_gap.measures.gap import gap_cosines, gap_measures, undefined_measures

BINS = np.linspace(-1, 1, 401)

with job(snakemake), measured(snakemake):
    images, texts, pairs, matched = read_pairs(Path(snakemake.input.images).parent)
    image_rows, text_rows = matched_pairs(pairs, matched).T
    images, texts = images[image_rows], texts[text_rows]
    measures = gap_measures(images, texts, text_rows, image_rows)
    remarks = undefined_measures(measures)
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
