"""Results of several studies beside each other: what differs, and which claims fare otherwise."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

from modality_gap.claims.statuses import JUDGED

# What comes before low and high in the names of an interval, of columns that are not called alike.
ENDS = {"mean": "", "difference": "", "rate": "", "value": "", "probability": "", "spearman": ""}
ENDS |= {"share_between": "share_"}
# Columns of decimal numbers that say which row it is; all others are found.
GRID = ["alpha", "deviation", "temperature", "last_temperature", "threshold", "cosine", "shift"]
GRID += ["length_ratio", "learning_rate", "divisor", "rate_share", "share", "lowest", "highest"]
# Whole numbers and words that are found, or count, instead.
FOUND = ["count", "images", "queries", "components", "flipped", "example", "gap", "closest", "best"]
FOUND += ["gained", "lost", "seeds", "shared_seeds", "runs", "units", "falls", "disjoint"]
NUMBERS = ["table", "row", "quantity", "study", "value", "low", "high", "other"]
NUMBERS += ["other_value", "other_low", "other_high", "difference", "room"]
SUMMARY = ["study", "encoder", "corpus", "split", "pairs", "modality_gap", "share_closed"]
SUMMARY += ["recall@1_image_to_text", "recall@1_text_to_image"]


def check_results(folder: Path) -> None:
    """Raise FileNotFoundError, in one line, where a folder is not that of a finished study."""
    for name in ("summary.parquet", "claims.csv"):
        if not (folder / name).is_file():
            raise FileNotFoundError(
                f"{folder / name}: not there, expected the results of a finished study (make run)"
            )


def different_numbers(folders: dict[str, Path]) -> tuple[pd.DataFrame, int, list[str]]:
    """Numbers that differ by more than both intervals allow, a row each, columns NUMBERS.

    folders: the results of two studies or more, by name. Compared is what has a 95% interval in both, in
    tables of one path, row by row: two values differ where their difference is more than √(a² + b²) of the
    halves of their intervals on the side of each other, as of independent estimates. Also returns how many
    were compared, of which one in twenty differs by chance, and which tables could not be compared, a line
    each.
    """
    found, compared, left = [], 0, []
    for (one, first), (other, second) in combinations(folders.items(), 2):
        for table in shared_tables(first, second):
            own, others = (intervals_of(folder / table) for folder in (first, second))
            if own is None or others is None:
                left.append(f"{table}: rows that no column tells apart")
                continue
            both = own.merge(others, on=["row", "quantity"], suffixes=("", "_other"))
            both = both.dropna(subset=["low", "high", "low_other", "high_other"])
            compared += len(both)
            found += [differing(row, str(table), one, other) for row in beyond(both).itertuples()]
    return pd.DataFrame(found, columns=NUMBERS), compared, list(dict.fromkeys(left))


def shared_tables(first: Path, second: Path) -> list[Path]:
    """Tables with intervals that both results have, by their path in them, in order."""
    paths = sorted(file.relative_to(first) for file in first.rglob("*.parquet"))
    without = {"embeddings", "corpora", "training"}
    shared = [path for path in paths if path.parts[0] not in without and (second / path).is_file()]
    return [path for path in shared if interval_columns(pd.read_parquet(first / path))]


def interval_columns(table: pd.DataFrame) -> dict[str, str]:
    """Columns that have an interval, and what stands before low and high in the names of its ends."""
    ends = {name: ENDS.get(name, f"{name}_") for name in table}
    return {
        name: start
        for name, start in ends.items()
        if {f"{start}low", f"{start}high"} <= set(table) and not name.endswith(("low", "high"))
    }


def intervals_of(file: Path) -> pd.DataFrame | None:
    """Every number with an interval in a table: columns row, quantity, value, low, high.

    row: `key=value and …` of what tells its rows apart; None where nothing does.
    """
    table = pd.read_parquet(file)
    columns = interval_columns(table)
    known = {f"{start}{end}" for start in columns.values() for end in ("low", "high")}
    keys = [
        name
        for name in table
        if name not in {*columns, *known, *FOUND}
        and (name in GRID or not pd.api.types.is_float_dtype(table[name]))
    ]
    rows = pd.Series(
        [
            " and ".join(f"{key}={value}" for key, value in zip(keys, values, strict=True))
            for values in table[keys].itertuples(index=False, name=None)
        ],
        dtype=str,
    )
    if rows.duplicated().any():
        return None
    parts = [
        pd.DataFrame(
            {"row": rows.to_numpy(), "quantity": name, "value": table[name].to_numpy()}
            | {end: table[f"{start}{end}"].to_numpy() for end in ("low", "high")}
        )
        for name, start in columns.items()
    ]
    return pd.concat(parts, ignore_index=True)


def beyond(both: pd.DataFrame) -> pd.DataFrame:
    """Which rows differ by more than their intervals allow, with columns difference and room."""
    change = both.value_other - both.value
    up = change > 0
    own = np.where(up, both.high - both.value, both.value - both.low)
    others = np.where(up, both.value_other - both.low_other, both.high_other - both.value_other)
    both = both.assign(difference=change, room=np.hypot(own, others))
    return both[both.difference.abs() > both.room]


def differing(row, table: str, one: str, other: str) -> tuple:
    """A row of NUMBERS."""
    ends = row.value, row.low, row.high
    others = row.value_other, row.low_other, row.high_other
    return (table, row.row, row.quantity, one, *ends, other, *others, row.difference, row.room)


def different_claims(folders: dict[str, Path]) -> pd.DataFrame:
    """Claims that fare otherwise in one of the studies: columns id, paper, place, claim, and a status each."""
    claims = {
        name: pd.read_csv(folder / "claims.csv", keep_default_na=False).set_index("id")
        for name, folder in folders.items()
    }
    first = next(iter(claims.values()))[["paper", "place", "claim"]]
    table = first.assign(**{name: own.status for name, own in claims.items()})
    statuses = table[list(folders)]
    return table[statuses.nunique(axis=1) > 1].reset_index()


def counts_of_claims(folders: dict[str, Path]) -> pd.DataFrame:
    """How many claims of each study have which status, those that are judged; a row a study."""
    rows = {
        name: pd.read_csv(folder / "claims.csv").status.value_counts().reindex(JUDGED, fill_value=0)
        for name, folder in folders.items()
    }
    return pd.DataFrame(rows).T.rename_axis("study").reset_index()


def summaries(folders: dict[str, Path]) -> pd.DataFrame:
    """Gap and recall of every encoder and split of the studies; columns SUMMARY, as far as there are any."""
    tables = [
        pd.read_parquet(folder / "summary.parquet").assign(study=name)
        for name, folder in folders.items()
    ]
    whole = pd.concat(tables, ignore_index=True)
    return whole[[name for name in SUMMARY if name in whole]].dropna(subset=["modality_gap"])


def sentences(
    folders: dict[str, Path], numbers: pd.DataFrame, compared: int, claims: pd.DataFrame
) -> Iterator[str]:
    """What a person wants to know first."""
    chance = f"; chance alone would make about {compared / 20:,.0f}" if compared else ""
    yield (
        f"{counted(compared, 'number')} with a 95% interval in two of the studies; {len(numbers):,} differ "
        f"by more than their intervals allow{chance}."
    )
    judged = claims[claims[list(folders)].isin(JUDGED).all(axis=1)]
    yield (
        f"{counted(len(claims), 'claim')} with another status in one of the studies than in another, "
        f"{len(judged)} of them judged in every one."
    )


def counted(number: int, what: str) -> str:
    """A number of things, in words."""
    return f"{number:,} {what}" + ("" if number == 1 else "s")
