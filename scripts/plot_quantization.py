"""Draw nearest neighbours kept through quantisation."""

from job import job
from measured import measured
from modality_gap.plots.quantization import plot_quantization
from modality_gap.plots.style import read_defined, save

with job(snakemake), measured(snakemake):
    tables, encoders = read_defined(snakemake.input.tables, snakemake.params.encoders)
    save(plot_quantization(tables, encoders), list(snakemake.output))
