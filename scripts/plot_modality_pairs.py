"""Draw the gaps of all pairs of modalities."""

import pandas as pd

from job import job, say
from modality_gap.plots.modality_pairs import plot_modality_pairs
from modality_gap.plots.style import save
from modality_gap.words import call

with job(snakemake):
    call(None)  # the modalities' own names are all that is said
    table = pd.read_parquet(snakemake.input[0])
    save(plot_modality_pairs(table), list(snakemake.output))
    for model, rows in table.groupby("model", sort=False):
        gaps = [f"{row.first}–{row.second} {row.modality_gap:.3f}" for row in rows.itertuples()]
        say(snakemake, [f"gaps of {model}: {', '.join(gaps)}"])
