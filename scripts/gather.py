"""Put the parts of a scattered table together."""

import pandas as pd

from job import job

with job(snakemake):
    tables = [pd.read_parquet(part) for part in snakemake.input.parts]
    pd.concat(tables, ignore_index=True).to_parquet(snakemake.output[0], index=False)
