"""Draw the loss against the centre distance."""

from drawn import drawn
from job import job
from modality_gap.plots.shift import plot_shift_landscape
from modality_gap.plots.style import read_defined, save

with job(snakemake), drawn(snakemake):
    tables, encoders = read_defined(snakemake.input.tables, snakemake.params.encoders)
    tables = [table[table.scope == snakemake.wildcards.scope] for table in tables]
    for table in tables:
        # Batches are complete.
        table.attrs = table.attrs if snakemake.wildcards.scope == "whole" else {}
    save(plot_shift_landscape(tables, encoders), list(snakemake.output), tables)
