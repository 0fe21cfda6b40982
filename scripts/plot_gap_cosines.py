"""Draw the cosines between the gap and each embedding."""

from drawn import drawn
from job import job
from modality_gap.plots.gap import plot_gap_cosines
from modality_gap.plots.style import read_defined, save

with job(snakemake), drawn(snakemake):
    params = snakemake.params
    tables, encoders, initials = read_defined(
        snakemake.input.tables, params.encoders, params.initials
    )
    save(plot_gap_cosines(tables, encoders, initials), list(snakemake.output))
