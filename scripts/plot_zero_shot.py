"""Draw zero-shot accuracy along the gap, and what moving gains."""

import pandas as pd

from drawn import drawn
from job import job
from modality_gap.plots.moved_gap import plot_shift_gains, plot_zero_shot
from modality_gap.plots.style import read_defined, save

with job(snakemake), drawn(snakemake):
    curves, gains = (
        pd.concat(read_defined(snakemake.input[name])[0], ignore_index=True)
        for name in ("curves", "gains")
    )
    save(plot_zero_shot(curves, gains), list(snakemake.output.zero_shot))
    save(plot_shift_gains(gains), list(snakemake.output.shift_gains))
