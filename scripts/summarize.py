"""One table of every encoder's gap, cone and recall, and the report's first page."""

from pathlib import Path

import pandas as pd

from job import job
from modality_gap.embeddings import read_metadata
from modality_gap.summary import describe_study, overview, summarize

with job(snakemake):
    keys, study = pd.DataFrame(snakemake.params.evaluations), snakemake.params.study
    parts = [
        [pd.read_parquet(file) for file in files]
        for files in (snakemake.input.gaps, snakemake.input.cones, snakemake.input.recalls)
    ]
    table = summarize(keys, *parts)
    table.to_parquet(snakemake.output.table, index=False)
    table.to_csv(snakemake.output.csv, index=False)
    metadata = dict(zip(keys.encoder, map(read_metadata, snakemake.input.embeddings), strict=True))
    page = overview(table, study["title"], describe_study(study, metadata))
    Path(snakemake.output.page).write_text(page)
