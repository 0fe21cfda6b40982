"""Draw each way to close the gap, beside leaving it."""

from drawn import drawn
from job import job, say
from modality_gap.claims.mitigations import advice
from modality_gap.plots.mitigations import plot_ways_to_close
from modality_gap.plots.style import read_defined, save

with job(snakemake), drawn(snakemake):
    tables, encoders = read_defined(snakemake.input.tables, snakemake.params.encoders)
    save(plot_ways_to_close(tables, encoders), list(snakemake.output), tables)
    answers = zip(encoders, map(advice, tables), strict=True)
    say(snakemake, [f"should one close the gap of {name}? {answer}" for name, answer in answers])
