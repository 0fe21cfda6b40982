"""Bring a user's embeddings into the workflow's form: pair i is image i and text i."""

import numpy as np
import pandas as pd

from job import job, say
from modality_gap.data.embeddings import write_embeddings
from modality_gap.data.precomputed import (
    distinct_items,
    merged_notes,
    nearly_equal_notes,
    read_precomputed,
    unread_notes,
)

with job(snakemake):
    files = snakemake.params.files
    found = distinct_items(*read_precomputed(files))
    remarks = [*merged_notes(found), *nearly_equal_notes(found), *unread_notes(files)]
    metadata = {"encoder": snakemake.wildcards.encoder, "precomputed": True, "remarks": remarks}
    image_rows, text_rows = found.pairs.T
    pairs = {"matched": np.ones(len(found.pairs), dtype=bool)}
    for side, key, embeddings, rows in (
        ("images", "image_id", found.images, image_rows),
        ("texts", "text_id", found.texts, text_rows),
    ):
        # An item is named by the first pair that it is in.
        firsts = np.unique(rows, return_index=True)[1]
        ids = [f"pair {first}" for first in firsts]
        write_embeddings(snakemake.output[side], key, ids, embeddings, metadata)
        pairs[key] = [ids[row] for row in rows]
    pd.DataFrame(pairs).to_parquet(snakemake.output.pairs, index=False)
    say(snakemake, remarks)
