"""A sample of each encoder's pairs while they move along the gap."""

import pandas as pd

from job import job, say
from measured import measured
from modality_gap.embeddings import UndefinedError, read_sample
from modality_gap.views import shift_view

SHARES = [0, 0.5, 1]

with job(snakemake), measured(snakemake):
    tables, notes = [], []
    for encoder, file in zip(snakemake.params.encoders, snakemake.input.images, strict=True):
        images, texts = read_sample(file, snakemake.params.number, snakemake.params.seed)
        try:
            tables.append(shift_view(images, texts, SHARES).assign(encoder=encoder))
        except UndefinedError as error:
            reason = f"{encoder}: {error}"
            notes.append(f"not defined: {reason}")
    if not tables:
        raise UndefinedError(reason)
    say(snakemake, notes)
    found = pd.concat(tables)
    found.attrs["remarks"] = notes
    found.to_parquet(snakemake.output[0], index=False)
