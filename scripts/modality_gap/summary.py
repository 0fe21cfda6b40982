"""The numbers that matter, in one table, and what was left out of them."""

from pathlib import Path

import pandas as pd

from modality_gap.data.embeddings import read_remarks


def summarize(
    encoders: pd.DataFrame,
    gaps: list[pd.DataFrame],
    cones: list[pd.DataFrame],
    recalls: list[pd.DataFrame],
) -> pd.DataFrame:
    """A row an encoder and split, with its gap, mean cosines, recalls and the gap's change.

    encoders: columns encoder, initial (or None), corpus, split; the tables of `measure_gap`,
    `cosine_statistics` and `recall` stand in the same order. `share_closed` is the share of the
    initial weights' gap that is gone; NaN where the initial weights were not measured.
    """
    rows = [
        {
            **encoder,
            **gap.to_dict("records")[0],
            **mean_cosines(cone),
            **{f"recall@{row.k}_{row.direction}": row.recall for row in recall.itertuples()},
        }
        for encoder, gap, cone, recall in zip(
            encoders.to_dict("records"), gaps, cones, recalls, strict=True
        )
    ]
    table = pd.DataFrame(rows, columns=None if rows else [*encoders, "modality_gap"])
    place = ["corpus", "split"]
    start = table[["encoder", *place, "modality_gap"]].rename(
        columns={"encoder": "initial", "modality_gap": "initial_gap"}
    )
    table = table.merge(start, how="left", on=["initial", *place])
    table["share_closed"] = 1 - table.modality_gap / table.initial_gap
    return table.drop(columns="initial_gap")


def summarize_cones(encoders: pd.DataFrame, cones: list[pd.DataFrame]) -> pd.DataFrame:
    """As `summarize`, of encoders of one modality: they have a cone, but no gap."""
    rows = [
        {**encoder, **mean_cosines(cone)}
        for encoder, cone in zip(encoders.to_dict("records"), cones, strict=True)
    ]
    return pd.DataFrame(rows, columns=None if rows else list(encoders))


def mean_cosines(cone: pd.DataFrame) -> dict[str, float]:
    """The mean cosine of each kind of pairs, by column; of the table of `cosine_statistics`."""
    return {f"mean_cosine_{row.pairs}": row.mean for row in cone.itertuples()}


def gather_remarks(results: Path, files: list[str]) -> pd.DataFrame:
    """What the jobs of a study left out, merged or cut: columns table, remark, a row each.

    results: the study's folder; files: tables in it, see `embeddings.read_remarks`.
    """
    rows = [
        (str(Path(file).relative_to(results).with_suffix("")), remark)
        for file in files
        for remark in read_remarks(file)
    ]
    return pd.DataFrame(rows, columns=["table", "remark"])
