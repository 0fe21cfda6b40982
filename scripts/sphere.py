"""Six pairs on a sphere: where they stand, and the loss while the texts move."""

import numpy as np
import pandas as pd

from job import job
from modality_gap.origin.sphere import loss_minima, pair_positions, sphere_landscape

with job(snakemake):
    settings = snakemake.params.settings
    shifts = np.append(np.arange(-90, 90, settings["step"]), 90.0)
    shifts = sorted({0.0, *shifts.tolist()})
    landscape = sphere_landscape(settings["spacings"], settings["logit_scales"], shifts)
    landscape.to_parquet(snakemake.output.landscape, index=False)
    loss_minima(landscape).to_csv(snakemake.output.minima, index=False)
    positions = [pair_positions(settings["spacings"][0], matched) for matched in (True, False)]
    pd.concat(positions).to_parquet(snakemake.output.pairs, index=False)
