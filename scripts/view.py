"""A sample of each encoder's pairs in one plane."""

import pandas as pd

from job import job
from modality_gap.embeddings import read_sample
from modality_gap.views import view

with job(snakemake):
    method, seed = snakemake.wildcards.method, snakemake.params.seed
    tables = []
    for encoder, file in zip(snakemake.params.encoders, snakemake.input.images, strict=True):
        images, texts = read_sample(file, snakemake.params.number, seed)
        tables.append(view(images, texts, method, seed).assign(encoder=encoder))
    pd.concat(tables).to_parquet(snakemake.output[0], index=False)
