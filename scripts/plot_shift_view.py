"""Draw pairs while they move along the gap."""

from drawn import drawn
from job import job
from modality_gap.plots.style import read_defined, save
from modality_gap.plots.views import plot_shift_view

with job(snakemake), drawn(snakemake):
    (table,) = read_defined([snakemake.input.table])[0]
    encoders = [encoder for encoder in snakemake.params.encoders if encoder in set(table.encoder)]
    tables = [table[table.encoder == encoder] for encoder in encoders]
    save(plot_shift_view(tables, encoders), list(snakemake.output))
