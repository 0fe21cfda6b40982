"""One table of every encoder's gap, cone and recall, and the report's first page."""

from pathlib import Path

import pandas as pd

from job import job
from modality_gap.claims.mitigations import advice
from modality_gap.data.embeddings import read_metadata
from modality_gap.summary import (
    describe_study,
    gather_remarks,
    overview,
    summarize,
    summarize_cones,
)
from modality_gap.words import spoken

KEYS = ["encoder", "initial", "corpus", "split"]


def read(files: list[str]) -> list[pd.DataFrame]:
    """All tables, in order."""
    return [pd.read_parquet(file) for file in files]


with job(snakemake):
    tables, study = snakemake.input, snakemake.params.study
    keys = pd.DataFrame(snakemake.params.evaluations, columns=KEYS)
    one_sided = pd.DataFrame(snakemake.params.one_sided_evaluations, columns=KEYS)
    cones = read(tables.cones), read(tables.one_sided_cones)
    table = pd.concat(
        [
            summarize(keys, read(tables.gaps), cones[0], read(tables.recalls)),
            summarize_cones(one_sided, cones[1]),
        ],
        ignore_index=True,
    )
    table.to_parquet(snakemake.output.table, index=False)
    table.to_csv(snakemake.output.csv, index=False)
    claims = pd.read_csv(tables.claims)
    metadata = dict(zip(keys.encoder, map(read_metadata, tables.embeddings), strict=True))
    answers = {
        place: f"not defined here: {table.attrs['undefined']}." if table.empty else advice(table)
        for place, table in zip(snakemake.params.places, read(tables.mitigations), strict=True)
    }
    remarks = gather_remarks(Path(snakemake.output.remarks).parent, list(tables.remarks))
    remarks.assign(remark=remarks.remark.map(spoken)).to_csv(snakemake.output.remarks, index=False)
    made_of = describe_study(study, metadata)
    page = overview(table, claims, remarks, answers, study["title"], made_of)
    Path(snakemake.output.page).write_text(spoken(page))
