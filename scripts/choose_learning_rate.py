"""Which of several learning rates a training run is done at."""

import pandas as pd

from job import job, say
from modality_gap.training.run_comparisons import compare_learning_rates, describe_choice

with job(snakemake):
    trajectories = [pd.read_parquet(file) for file in snakemake.input.trajectories]
    table = compare_learning_rates(trajectories, snakemake.params.learning_rates)
    table.attrs["remarks"] = [f"{snakemake.wildcards.run}: {describe_choice(table)}"]
    say(snakemake, table.attrs["remarks"])
    table.to_parquet(snakemake.output[0], index=False)
