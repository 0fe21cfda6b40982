"""Write texts that are moved to the images, as an embeddings file."""

from pathlib import Path

from job import job
from modality_gap.closing.projection import move_along, orthogonal_gap
from modality_gap.data.embeddings import (
    read_metadata,
    read_normalized,
    read_pairs,
    write_embeddings,
)

with job(snakemake):
    images, texts, *_ = read_pairs(Path(snakemake.input.images).parent)
    _, text_ids = read_normalized(snakemake.input.texts)
    share = snakemake.params.kept_variance
    gap = orthogonal_gap(images, texts, share)
    metadata = read_metadata(snakemake.input.texts) | {
        "moved": "normalised, then moved along the gap; not normalised again",
        "alpha": snakemake.params.alpha,
        "kept_variance": share,
        "components": gap.components,
        "kept_length": gap.kept_length,
    }
    moved = move_along(texts, gap.vector, snakemake.params.alpha)
    write_embeddings(snakemake.output[0], "text_id", text_ids, moved, metadata)
