"""Draw both modalities, their gap and their temperature along a gradient flow."""

import pandas as pd

from job import job
from modality_gap.plots.gradient_flow import plot_gradient_flow
from modality_gap.plots.style import save

with job(snakemake):
    flows, pictures = (pd.read_parquet(snakemake.input[name]) for name in ("flows", "pictures"))
    save(plot_gradient_flow(flows, pictures), list(snakemake.output))
