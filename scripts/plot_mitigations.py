"""Draw each way to close the gap, beside leaving it."""

from drawn import drawn
from job import job
from modality_gap.plots.mitigations import plot_ways_to_close
from modality_gap.plots.style import read_defined, save

with job(snakemake), drawn(snakemake):
    tables, encoders = read_defined(snakemake.input.tables, snakemake.params.encoders)
    save(plot_ways_to_close(tables, encoders), list(snakemake.output), tables)
