"""Recall@k of one encoder on one split while images and texts move along the gap."""

from job import job
from measured import measured, pool
from modality_gap.effects.moved_gap import shifted_recall_table
from modality_gap.effects.moves import shift_grid

with job(snakemake), measured(snakemake):
    settings = snakemake.params.settings
    (*found, units), attributes = pool(snakemake)
    tables = shifted_recall_table(
        *found,
        settings["moves"],
        shift_grid(**settings["shifts"]),
        settings["k"],
        settings["bootstrap"],
        settings["seed"],
        units,
    )
    for table, output in zip(tables, snakemake.output, strict=True):
        table = table.assign(**snakemake.wildcards)
        table.attrs = attributes
        table.to_parquet(output, index=False)
