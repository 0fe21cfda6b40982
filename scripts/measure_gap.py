"""Every number that says how far apart images and texts are."""

from pathlib import Path

import pandas as pd

from job import job
from modality_gap.embeddings import read_matched
from modality_gap.gap import gap_measures

with job(snakemake):
    images, texts = read_matched(Path(snakemake.input.images).parent)
    measures = {"pairs": len(images), **gap_measures(images, texts)}
    pd.DataFrame([measures]).to_parquet(snakemake.output[0], index=False)
