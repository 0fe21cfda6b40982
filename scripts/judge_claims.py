"""Say which claims of the papers hold in this study."""

import pandas as pd

from job import job
from modality_gap.claims import experiment_claims, training_claims

with job(snakemake):
    tables = {}
    for name in snakemake.params.tables:
        files = [pd.read_parquet(file) for file in snakemake.input[name]]
        if name == "seed_cones":
            named = zip(files, snakemake.params.families, strict=True)
            files = [table.assign(family=family) for table, family in named]
        tables[name] = pd.concat(files)
    claims = pd.concat([experiment_claims(tables), training_claims(tables)])
    claims.to_csv(snakemake.output[0], index=False)
