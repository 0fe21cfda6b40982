"""One table of every encoder's gap, cone and recall, and one of what was left out."""

from pathlib import Path

import pandas as pd

from job import job
from modality_gap.summary import gather_remarks, summarize, summarize_cones
from modality_gap.words import spoken

KEYS = ["encoder", "initial", "corpus", "split"]


def read(files: list[str]) -> list[pd.DataFrame]:
    """All tables, in order."""
    return [pd.read_parquet(file) for file in files]


with job(snakemake):
    tables = snakemake.input
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
    remarks = gather_remarks(Path(snakemake.output.remarks).parent, list(tables.remarks))
    remarks.assign(remark=remarks.remark.map(spoken)).to_csv(snakemake.output.remarks, index=False)
