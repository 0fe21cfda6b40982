"""The papers' claims as a page shows them: each with its verdict and what that rests on."""

from collections.abc import Iterable

import pandas as pd

from modality_gap.page.numbers import listed, plain, with_interval
from modality_gap.page.results import Results

# Every status, in the order of the page, with what it says to a reader.
STATUSES = {
    "reproduced": "the printed numbers were found again",
    "not reproduced": "other numbers were found than printed",
    "direction holds": "what was said of the direction holds here",
    "direction fails": "the opposite was found here",
    "holds in part": "it holds in some cases here",
    "undecided": "the intervals leave it open",
    "no run needed": "definitions, settings and proofs",
    "not measured": "no table of this study answers it",
}
TOLD = {
    "reproduced": "{} are reproduced under the paper's own conditions",
    "not reproduced": "{} are not, under these",
    "direction holds": "under this study's own conditions the direction of {} holds",
    "direction fails": "that of {} fails",
    "holds in part": "{} hold in part",
    "undecided": "{} are undecided",
}
# Those of which something was found here, whatever it is.
JUDGED = tuple(TOLD)
COLUMNS = ["id", "paper", "place", "topic", "claim", "status", "found", "value", "low", "high", "n"]
COLUMNS += ["table", "row", "printed_value", "tolerance", "condition", "needed"]
EVIDENCE = [
    "id",
    "judged",
    "where",
    "verdict",
    "numbers",
    "table",
    "row",
    "value",
    "low",
    "high",
    "n",
]
NUMBERS = ("value", "low", "high", "n")
MOST = 6  # rows of a judgement on the page


def read_claims(claims: str, evidence: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The claims and what they rest on; texts are texts, absent ones empty, absent numbers NaN.

    Raises ValueError, naming file and column or row, where they are not as COLUMNS, EVIDENCE and
    STATUSES want them.
    """
    tables = []
    for file, columns in ((claims, COLUMNS), (evidence, EVIDENCE)):
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
        lacking = [name for name in columns if name not in table]
        if lacking:
            raise ValueError(f"{file}: no column {lacking[0]}, expected {', '.join(columns)}")
        for name in NUMBERS:
            numbers = pd.to_numeric(table[name].replace("", None), errors="coerce")
            wrong = numbers.isna() & (table[name] != "")
            if wrong.any():
                row = table[wrong].iloc[0]
                raise ValueError(
                    f"{file}: {row.id}, column {name}: {row[name]!r}, expected a number"
                )
            table[name] = numbers
        tables.append(table)
    found, told = tables
    for row in found[~found.status.isin(STATUSES)].itertuples():
        raise ValueError(
            f"{claims}: {row.id}: status {row.status!r}, expected one of {', '.join(STATUSES)}"
        )
    for row in told[~told.id.isin(found.id)].itertuples():
        raise ValueError(f"{evidence}: {row.id}: no such claim in {claims}")
    return found, told


def counted(claims: pd.DataFrame) -> list[tuple[str, int, str]]:
    """Every status that a claim has: status, how many claims, what it says."""
    claims = claims.drop_duplicates("id")
    counts = claims.status.value_counts()
    return [
        (status, int(counts[status]), told) for status, told in STATUSES.items() if status in counts
    ]


def in_words(claims: pd.DataFrame) -> str:
    """How many of the distinct claims were measured, and how that came out."""
    counts = {status: number for status, number, _ in counted(claims)}
    judged = [told.format(counts[key]) for key, told in TOLD.items() if key in counts]
    total = sum(counts.values())
    number = sum(counts.get(status, 0) for status in JUDGED)
    found = f"Of {total:,} claims of the papers, {number:,} were measured here"
    found += f": {listed(judged)}." if judged else "."
    rest = []
    if "not measured" in counts:
        rest.append(f"{counts['not measured']:,} were not measured")
    if "no run needed" in counts:
        rest.append(f"{counts['no run needed']:,} need no run")
    return found + (f" {' and '.join(rest)}." if rest else "")


def shown(claims: pd.DataFrame, evidence: pd.DataFrame, results: Results) -> list[dict]:
    """What the page shows of each claim, in the order of the table; see `rested` and `judgements`."""
    rows = dict(list(evidence.groupby("id", sort=False)))
    return [
        rested(claim, results)
        | {"judgements": judgements(rows.get(claim.id, evidence[:0]), results)}
        for claim in claims.itertuples(index=False)
    ]


def judgements(rows: pd.DataFrame, results: Results) -> list[dict]:
    """What was judged of one claim, each sentence once, with the first MOST rows that it rests on.

    `more` is how many further ones the table of evidence has.
    """
    found = []
    for told, own in rows.groupby(["judged", "where", "verdict", "numbers"], sort=False):
        measured = own[own.value.notna() | (own.table != "")]
        found.append(
            dict(zip(("judged", "where", "verdict", "numbers"), told, strict=True))
            | {
                "rows": [rested(row, results) for row in measured[:MOST].itertuples(index=False)],
                "more": max(0, len(measured) - MOST),
            }
        )
    return found


def rested(row, results: Results) -> dict:
    """A row with its number in words and its tables: whether each may be linked, and its figure."""
    tables = [
        {
            "table": table,
            "linked": table in results.tables,
            "figure": figure_of(table, results.figures),
        }
        for table in filter(None, row.table.split("; "))
    ]
    return row._asdict() | {"number": number(row), "tables": tables}


def number(row) -> str:
    """A value with its interval; nothing where there is none."""
    return "" if pd.isna(row.value) else with_interval(row.value, row.low, row.high, short)


def short(value: float) -> str:
    """A number in four digits."""
    return plain(value) if 0.001 <= abs(value) < 1000 or value == 0 else f"{value:.3g}"


# Tables whose figure has another name than the table, its folder or its section.
DRAWN = {
    "mitigations": "ways_to_close",
    "retrieval": "recall",
    "shift": "shift_landscape_batches",
    "cone": "cosines",
    "controlled": "robustness",
    "noises": "noise_kinds",
    "tradeoff": "threshold_tradeoff",
    "gains": "shift_gains",
    "curves": "zero_shot",
    "shares": "cones",
    "networks": "spread",
    "coupled": "gap_and_logit_scale",
    "plane_records": "descent_plane",
    "sphere_records": "descent_sphere",
    "sphere_sweep": "gap_after_descent",
    "arrangements": "loss_without_alignment",
    "temperature_correlations": "gap_by_temperature",
    "starts_means": "starts",
    "long_training_fit": "long_training",
    "gap_by_dimension_means": "gap_by_dimension",
}


def figure_of(table: str, figures: Iterable[str]) -> str | None:
    """The figure that shows a table: of its name, on its split or of its section; None for none."""
    section, *parts = table.removesuffix(".parquet").removesuffix(".csv").split("/")
    stem = parts[-1] if parts else section
    names = [
        stem,
        DRAWN.get(stem),
        DRAWN.get(section),
        section,
        f"view_{stem}",
        f"{section}_{stem}",
    ]
    # Figures of one split lie below corpus and split; those of a section below its name.
    ends = [parts[:-1], parts[1:], parts[1:-1]]
    places = ["/".join([section, *parts[:-1]]), *map("/".join, filter(None, ends)), section]
    tried = [f"figures/{place}/{name}.svg" for name in names for place in places]
    return next((one for one in [*tried, f"figures/{stem}.svg"] if one in figures), None)
