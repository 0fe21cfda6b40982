"""Bring a user's embeddings into the workflow's form: pair i is image i and text i."""

import numpy as np
import pandas as pd

from job import job, say
from modality_gap.data.embeddings import write_embeddings
from modality_gap.data.precomputed import (
    distinct_items,
    merged_notes,
    nearly_equal_notes,
    read_modalities,
    unread_notes,
)

with job(snakemake):
    files = snakemake.params.files
    pairs, merged, near = {}, [], []
    facts = {"encoder": snakemake.wildcards.encoder, "precomputed": True}
    for name, rows in read_modalities(files, called=snakemake.params.called):
        found = distinct_items(rows)
        merged, near = (
            merged + merged_notes(name, found),
            near + nearly_equal_notes(name, found),
        )
        # In the texts' file, the last one, stands what is to be said of both.
        metadata = facts | {"remarks": [*merged, *near, *unread_notes(files)]}
        key = f"{name.removesuffix('s')}_id"
        # An item is named by the first pair that it is in.
        ids = [f"pair {first}" for first in np.unique(found.places, return_index=True)[1]]
        write_embeddings(snakemake.output[name], key, ids, found.rows, metadata)
        pairs[key] = [ids[place] for place in found.places]
        # One modality at a time is in memory.
        del rows, found
    matched = np.ones(len(pairs["image_id"]), dtype=bool)
    pd.DataFrame({"matched": matched, **pairs}).to_parquet(snakemake.output.pairs, index=False)
    say(snakemake, metadata["remarks"])
