"""Every table that claims are judged from, and the summary, for a spreadsheet and for a paper."""

from pathlib import Path

import pandas as pd

from job import job


def whole(files: list[str], facts: list[dict] | None) -> pd.DataFrame:
    """Tables of one kind under each other, each with columns that say what it is of."""
    tables = [pd.read_parquet(file) for file in files]
    facts = facts or [{}] * len(tables)
    return pd.concat(
        [table.assign(**own) for table, own in zip(tables, facts, strict=True)], ignore_index=True
    )


def write(table: pd.DataFrame, place: Path) -> None:
    """A table as .csv, with all its digits, and, where it has rows, as .tex, with four."""
    table.to_csv(place.with_suffix(".csv"), index=False)
    if table.empty:
        return
    latex = table.to_latex(index=False, escape=True, float_format="%.4g", longtable=True)
    place.with_suffix(".tex").write_text(latex, encoding="utf-8")


with job(snakemake):
    folder, params = Path(snakemake.output[0]), snakemake.params
    folder.mkdir()
    write(pd.read_parquet(snakemake.input.summary), folder / "summary")
    write(pd.read_csv(snakemake.input.claims), folder / "claims")
    for name in params.tables:
        write(whole(snakemake.input[name], params.facts.get(name)), folder / name)
