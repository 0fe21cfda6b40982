"""A sample of each encoder's pairs while they move along the gap."""

import pandas as pd

from job import job
from modality_gap.embeddings import read_sample
from modality_gap.views import shift_view

SHARES = [0, 0.5, 1]

with job(snakemake):
    tables = []
    for encoder, file in zip(snakemake.params.encoders, snakemake.input.images, strict=True):
        images, texts = read_sample(file, snakemake.params.number, snakemake.params.seed)
        tables.append(shift_view(images, texts, SHARES).assign(encoder=encoder))
    pd.concat(tables).to_parquet(snakemake.output[0], index=False)
