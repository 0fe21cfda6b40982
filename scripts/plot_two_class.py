"""Draw the robustness of two classes beside theory."""

import pandas as pd

from job import job
from modality_gap.plots.robustness import plot_two_class
from modality_gap.plots.style import save

with job(snakemake):
    save(plot_two_class(pd.read_parquet(snakemake.input.table)), list(snakemake.output))
