"""Draw recall@k along the gap."""

import pandas as pd

from drawn import drawn
from job import job
from modality_gap.plots.moved_gap import plot_shifted_recall
from modality_gap.plots.style import read_defined, save

with job(snakemake), drawn(snakemake):
    curves, gains = (read_defined(snakemake.input[name])[0] for name in ("curves", "gains"))
    both = (pd.concat(tables, ignore_index=True) for tables in (curves, gains))
    save(plot_shifted_recall(*both), list(snakemake.output), curves)
