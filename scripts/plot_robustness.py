"""Draw how robust an encoder's tasks are to noise while the gap is closed."""

from drawn import drawn
from job import job
from modality_gap.plots.robustness import plot_noises, plot_robustness, plot_tradeoff
from modality_gap.plots.style import read_defined, save

FIGURES = {
    "robustness": (plot_robustness, "controlled"),
    "noise_kinds": (plot_noises, "noises"),
    "threshold_tradeoff": (plot_tradeoff, "tradeoff"),
}

with job(snakemake), drawn(snakemake):
    for name, (plot, table) in FIGURES.items():
        tables, *_ = read_defined([snakemake.input[table]])
        save(plot(tables[0]), list(snakemake.output[name]), tables)
