"""Draw the histograms of all pairwise cosines."""

from drawn import drawn
from job import job
from modality_gap.plots.cone import plot_cosines
from modality_gap.plots.style import read_defined, save

with job(snakemake), drawn(snakemake):
    params = snakemake.params
    tables, encoders, initials = read_defined(
        snakemake.input.tables, params.encoders, params.initials
    )
    save(plot_cosines(tables, encoders, initials), list(snakemake.output), tables)
