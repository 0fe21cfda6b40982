"""Draw recall@k of every encoder."""

import pandas as pd

from job import job, say
from modality_gap.plots.retrieval import plot_recall
from modality_gap.plots.style import save

with job(snakemake):
    tables = [pd.read_parquet(table) for table in snakemake.input.tables]
    encoders = snakemake.params.encoders
    save(plot_recall(tables, encoders), list(snakemake.output), tables)
    found = [
        f"{encoder} "
        + ", ".join(
            f"{row.direction.replace('_to_', '→')} {row.recall:.3f}"
            for row in table[table.k == table.k.min()].itertuples()
        )
        for encoder, table in zip(encoders, tables, strict=True)
    ]
    say(snakemake, [f"recall@{tables[0].k.min()}: {'; '.join(found)}"])
