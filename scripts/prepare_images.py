"""Decode the images of a corpus once, as networks of one size take them, for all trainings."""

import pandas as pd

from job import job
from modality_gap.models.prepared import write_prepared

with job(snakemake):
    images = pd.read_parquet(snakemake.input.images, columns=["image_id", "image"])
    write_prepared(snakemake.output[0], images, int(snakemake.wildcards.size))
