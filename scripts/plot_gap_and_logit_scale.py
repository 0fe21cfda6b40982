"""Draw the curve that gap and logit scale move on together."""

import pandas as pd

from job import job
from modality_gap.plots.gradient_flow import plot_gap_and_logit_scale
from modality_gap.plots.style import save

with job(snakemake):
    save(plot_gap_and_logit_scale(pd.read_parquet(snakemake.input.table)), list(snakemake.output))
