"""Say which claims of the papers hold in this study."""

import pandas as pd

from job import job
from modality_gap.claims.moved_gap import moved_gap_claims
from modality_gap.claims.verdicts import COLUMNS, experiment_claims, training_claims
from modality_gap.closing.mitigations import mitigations_claims
from modality_gap.closing.quantization import quantization_claims
from modality_gap.closing.rephrasing import rephrasing_claims
from modality_gap.closing.robustness import (
    noise_claims,
    robustness_claims,
    tradeoff_claims,
    two_class_claims,
)
from modality_gap.effects.fairness import fairness_claims

# What is measured once for each encoder on each split: the tables that a question needs.
PLACED = {
    ("controlled",): robustness_claims,
    ("noises",): noise_claims,
    ("tradeoff",): tradeoff_claims,
    ("quantization",): quantization_claims,
    ("choices", "noise"): rephrasing_claims,
    ("mitigation_table",): mitigations_claims,
}


def named(files: list[pd.DataFrame], names: list[dict]) -> list[pd.DataFrame]:
    """The tables, each with columns that say what it is of."""
    return [table.assign(**name) for table, name in zip(files, names, strict=True)]


with job(snakemake):
    params, tables, rows = snakemake.params, {}, []
    for name in params.tables:
        files = [pd.read_parquet(file) for file in snakemake.input[name]]
        if name in params.facts:
            files = named(files, params.facts[name])
        # A table without rows says why it has none; nothing can be claimed of it.
        files = [table for table in files if len(table)]
        if files:
            tables[name] = pd.concat(files)
    for needed, claims in PLACED.items():
        if not set(needed) <= set(tables):
            continue
        for place in [fact["place"] for fact in params.facts.get(needed[0], [])]:
            here = [table[table.place == place] for table in map(tables.get, needed)]
            if any(table.empty for table in here):
                continue
            for source, claim, verdict, numbers in claims(*here):
                rows.append((source, claim, verdict, f"{place}: {numbers}"))
    if "two_class" in tables:
        rows += two_class_claims(tables["two_class"])
    if "fairness_changes" in tables:
        rows += fairness_claims(tables["fairness_changes"])
    found = [experiment_claims(tables), training_claims(tables), moved_gap_claims(tables)]
    found.append(pd.DataFrame(rows, columns=COLUMNS))
    pd.concat(found).to_csv(snakemake.output[0], index=False)
