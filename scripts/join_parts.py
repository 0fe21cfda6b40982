"""Put the embedded parts of a split together."""

import json
from pathlib import Path

import numpy as np

from job import job
from modality_gap.models.split_embeddings import write_split

with job(snakemake):
    parts = [dict(np.load(part)) for part in snakemake.input.parts]
    metadata = json.loads(str(parts[0]["metadata"]))
    corpus = Path(snakemake.input.images).parent
    split = snakemake.wildcards.split
    write_split(dict(snakemake.output.items()), corpus, split, parts, metadata)
