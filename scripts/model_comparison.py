"""One table of many encoders: their size, their training data, and what was measured of them."""

import pandas as pd

from job import job, say
from modality_gap.claims.mitigations import advice_columns
from modality_gap.data.embeddings import read_metadata
from modality_gap.model_comparison import NOT_DEFINED, compare_models, correlations, model_row


def read(files: list[str]) -> list[pd.DataFrame]:
    """All tables, in order."""
    return [pd.read_parquet(file) for file in files]


with job(snakemake):
    tables, params = snakemake.input, snakemake.params
    rows = [
        {"encoder": encoder, "corpus": corpus, "split": split}
        | model_row(params.entries[encoder], read_metadata(file))
        for (encoder, corpus, split), file in zip(params.places, tables.embeddings, strict=True)
    ]
    answers = {
        tuple(place): {"advice": NOT_DEFINED} if table.empty else advice_columns(table)
        for place, table in zip(params.advised, read(tables.mitigations), strict=True)
    }
    advised = [answers.get(tuple(place), {}) for place in params.places]
    measured = map(read, (tables.gaps, tables.cones, tables.recalls))
    table = compare_models(rows, *measured, advised)
    say(snakemake, table.attrs["remarks"])
    table.to_parquet(snakemake.output.table, index=False)
    correlations(table).to_parquet(snakemake.output.correlations, index=False)
