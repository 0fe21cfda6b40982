"""Decode the images of a corpus once, as networks of one size take them, for all trainings."""

import pandas as pd
import pyarrow.parquet as pq

from job import job
from modality_gap.models.prepared import fits, write_prepared

with job(snakemake):
    file, size = snakemake.input.images, int(snakemake.wildcards.size)
    images = pd.DataFrame({"image_id": [], "image": []})
    if fits(pq.read_metadata(file).num_rows, size):
        images = pd.read_parquet(file, columns=list(images))
    write_prepared(snakemake.output[0], images, size)
