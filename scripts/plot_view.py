"""Draw pairs in a plane."""

from drawn import drawn
from job import job
from modality_gap.plots.style import read_defined, save
from modality_gap.plots.views import plot_view

with job(snakemake), drawn(snakemake):
    (table,) = read_defined([snakemake.input.table])[0]
    pairs = zip(snakemake.params.encoders, snakemake.params.initials, strict=True)
    encoders, initials = zip(
        *(pair for pair in pairs if pair[0] in set(table.encoder)), strict=True
    )
    tables = [table[table.encoder == encoder] for encoder in encoders]
    figure = plot_view(tables, snakemake.wildcards.method, list(encoders), list(initials))
    save(figure, list(snakemake.output))
