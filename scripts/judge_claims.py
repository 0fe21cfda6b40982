"""Say which claims of the papers hold in this study."""

import pandas as pd

from job import job
from modality_gap.claims.verdicts import judge
from modality_gap.words import spoken


def named(files: list[pd.DataFrame], names: list[dict]) -> list[pd.DataFrame]:
    """The tables, each with columns that say what it is of."""
    return [table.assign(**name) for table, name in zip(files, names, strict=True)]


with job(snakemake):
    params, tables = snakemake.params, {}
    for name in params.tables:
        files = [pd.read_parquet(file) for file in snakemake.input[name]]
        if name in params.facts:
            files = named(files, params.facts[name])
        # A table without rows says why it has none; nothing can be claimed of it.
        files = [table for table in files if len(table)]
        if files:
            tables[name] = pd.concat(files)
    verdicts = judge(tables)
    verdicts.assign(numbers=verdicts.numbers.map(spoken)).to_csv(snakemake.output[0], index=False)
