"""Which statements choose the right one of two images, pattern by pattern (MMVP-VLM)."""

from pathlib import Path

import pandas as pd

from job import job
from modality_gap.data.embeddings import read_matched, read_normalized
from modality_gap.effects.moves import shift_grid
from modality_gap.effects.pair_matching import pair_matching_table, pair_rows

with job(snakemake):
    settings = snakemake.params.settings
    images, texts = read_matched(Path(snakemake.input.images).parent)
    keys = read_normalized(snakemake.input.images)[1]
    if len(keys) != len(images):
        raise ValueError(
            f"{len(keys)} images with {len(images)} matched captions, expected one each: leave out "
            "`matched_caption` of the corpus"
        )
    table = pd.read_parquet(snakemake.input.labels, columns=["image_id", "pattern", "pair"])
    rows, patterns = pair_rows(table.set_index("image_id").loc[keys])
    found = pair_matching_table(
        images[rows], texts[rows], patterns, settings["moves"], shift_grid(**settings["shifts"])
    )
    found.assign(**snakemake.wildcards).to_parquet(snakemake.output[0], index=False)
