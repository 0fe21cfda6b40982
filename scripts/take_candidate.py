"""Take training at the chosen learning rate for a run's first seed."""

import shutil

import pandas as pd

from job import job

with job(snakemake):
    chosen = pd.read_parquet(snakemake.input.learning_rates).set_index("learning_rate").chosen
    place = snakemake.params.learning_rates.index(chosen.idxmax())
    for name, file in snakemake.output.items():
        shutil.copyfile(snakemake.input[name][place], file)
