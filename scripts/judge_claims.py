"""Say of every claim of the papers whether it holds in this study, and what that rests on."""

from pathlib import Path

import pandas as pd

from job import job
from modality_gap.claims.printed import by_file
from modality_gap.claims.register import PAPERS, read_register
from modality_gap.claims.statuses import answer
from modality_gap.claims.verdicts import FILE, judge
from modality_gap.words import spoken


def told_of(file: str, facts: dict, results: Path) -> pd.DataFrame:
    """A table with columns that say what it is of, and where it lies."""
    return pd.read_parquet(file).assign(**facts, **{FILE: str(Path(file).relative_to(results))})


with job(snakemake):
    params, tables, files = snakemake.params, {}, []
    results = Path(snakemake.output.claims).parent
    for name in params.tables:
        facts = params.facts.get(name) or [{}] * len(snakemake.input[name])
        found = [
            told_of(file, fact, results)
            for file, fact in zip(snakemake.input[name], facts, strict=True)
        ]
        # A table without rows says why it has none; nothing can be claimed of it.
        found = [table for table in found if len(table)]
        files += found
        if found:
            tables[name] = pd.concat(found)
    folder = Path(snakemake.scriptdir).parent / "config/claims"
    register = pd.concat(
        [read_register(folder / f"{paper}.csv").assign(paper=paper) for paper in PAPERS],
        ignore_index=True,
    )
    claims, evidence = answer(register, judge(tables), by_file(files), params.other)
    for column in ("found", "needed"):
        claims[column] = claims[column].map(spoken)
    claims.to_csv(snakemake.output.claims, index=False)
    evidence.assign(
        judged=evidence.judged.map(spoken), numbers=evidence.numbers.map(spoken)
    ).to_csv(snakemake.output.evidence, index=False)
