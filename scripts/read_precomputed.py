"""Bring a user's embeddings into the workflow's form: pair i is image i and text i."""

import pandas as pd

from job import job
from modality_gap.embeddings import write_embeddings
from modality_gap.precomputed import read_precomputed

with job(snakemake):
    images, texts = read_precomputed(snakemake.params.files)
    ids = [f"pair {row}" for row in range(len(images))]
    metadata = {"encoder": snakemake.wildcards.encoder, "precomputed": True}
    write_embeddings(snakemake.output.images, "image_id", ids, images, metadata)
    write_embeddings(snakemake.output.texts, "text_id", ids, texts, metadata)
    pairs = pd.DataFrame({"image_id": ids, "text_id": ids, "matched": True})
    pairs.to_parquet(snakemake.output.pairs, index=False)
