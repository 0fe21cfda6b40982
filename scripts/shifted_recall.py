"""Recall@k of one encoder on one split while images and texts move along the gap."""

from pathlib import Path

from job import job
from measured import measured
from modality_gap.data.embeddings import read_pairs
from modality_gap.effects.moved_gap import shifted_recall_table
from modality_gap.effects.moves import shift_grid

with job(snakemake), measured(snakemake):
    settings = snakemake.params.settings
    tables = shifted_recall_table(
        *read_pairs(Path(snakemake.input.images).parent),
        settings["moves"],
        shift_grid(**settings["shifts"]),
        settings["k"],
        settings["bootstrap"],
        settings["seed"],
    )
    for table, output in zip(tables, snakemake.output, strict=True):
        table.assign(**snakemake.wildcards).to_parquet(output, index=False)
