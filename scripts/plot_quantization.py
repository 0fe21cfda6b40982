"""Draw nearest neighbours kept through quantisation."""

from drawn import drawn
from job import job
from modality_gap.plots.quantization import plot_quantization
from modality_gap.plots.style import read_defined, save

with job(snakemake), drawn(snakemake):
    tables, encoders = read_defined(snakemake.input.tables, snakemake.params.encoders)
    save(plot_quantization(tables, encoders), list(snakemake.output), tables)
