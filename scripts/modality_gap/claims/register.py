"""The register of the papers' claims: `config/claims/<paper>.csv`, a row a claim, in our own words.

A row that needs a run names the table of the paper's own study that answers it, and the columns in
that table; one that needs none says why.
"""

import csv
import re
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

import pandas as pd

PAPERS = ("liang2022", "yaras2024", "chowers2026")
COLUMNS = ["id", "place", "statement", "quantity", "printed_value", "tolerance", "condition"]
COLUMNS += ["topic", "table", "column", "note"]
NEVER_EMPTY = ["place", "statement", "quantity", "topic"]
TOPICS = ["gap", "cone", "initialisation", "landscape", "sphere", "temperature", "training"]
TOPICS += ["swapping", "uniformity", "retrieval", "zero_shot", "linear_probe", "fairness", "mmvp"]
TOPICS += ["free_embeddings", "gradient_flow", "projection", "robustness", "quantisation"]
TOPICS += ["rephrasing", "theory", "definition"]
DIRECTION = "direction"  # in place of a number: which way, or how it looks
# Why a row needs no table; what stands behind the colon must be said.
REASONS = {
    "definition": r"definition(: .+)?",
    "setting": r"setting: (?P<key>\w+(\.[\w.]+)?)",
    "proof: no run": r"proof: no run",
    "closed form": r"closed form: .+",
    "not measured": r"not measured: .+",
    "same as": r"same as (?P<id>[A-Z]\d{3})",
}
NUMBER = re.compile(r"[<>~]? ?(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)(%?)")
COLUMN = re.compile(r"\w\S*(, \w\S*)*( where \w+=[^=]+( and \w+=[^=]+)*)?")


class Answer(NamedTuple):
    """Where a claim is answered: tables, a path with * below the study's results; the columns to read.

    where: values of other columns, by name, that the rows have, in the order of printed values.
    """

    table: str
    columns: list[str]
    where: dict[str, list[str]]


def read_register(file: Path) -> pd.DataFrame:
    """All claims of one paper, a row a claim, columns COLUMNS, texts, empty where there is nothing.

    Ids are the first letter of the file's name and 001, 002, … without a hole. Raises ValueError, in
    one line that names file, row and column, for whatever is not as the columns want it.
    """
    try:
        with Path(file).open(encoding="utf-8", newline="") as stream:
            header, *rows = csv.reader(stream, strict=True)
    except (ValueError, csv.Error) as error:
        raise ValueError(f"{file}: not a table in UTF-8: {error}") from None
    if header != COLUMNS:
        raise ValueError(f"{file}: columns {', '.join(header)}, expected {', '.join(COLUMNS)}")
    for row in rows:
        if len(row) != len(COLUMNS):
            values = f"{len(row)} values, expected {len(COLUMNS)}"
            raise ValueError(f"{file}: {', '.join(row[:1]) or 'an empty line'}: {values}")
    register = pd.DataFrame(rows, columns=COLUMNS)
    ids = [f"{file.stem[0].upper()}{number:03}" for number in range(1, len(register) + 1)]
    for row, expected in zip(register.itertuples(index=False), ids, strict=True):
        if row.id != expected:
            raise ValueError(
                f"{file}: id {row.id!r}, expected {expected}, none left out or repeated"
            )
        for column, told in complaints(row, set(ids)):
            found = getattr(row, column)
            raise ValueError(f"{file}: {row.id}, column {column}: {found!r}, expected {told}")
    return register


def complaints(row, ids: set[str]) -> Iterable[tuple[str, str]]:
    """Columns of a row that are not as they should be, and what they should be."""
    for column in NEVER_EMPTY:
        if not getattr(row, column).strip():
            yield column, "a text"
    if row.topic not in TOPICS:
        yield "topic", f"one of {', '.join(TOPICS)}"
    yield from wrong_numbers(row)
    yield from (wrong_answers(row) if row.table else wrong_reason(row, ids))


def wrong_numbers(row) -> Iterable[tuple[str, str]]:
    """What is wrong with printed value and tolerance."""
    if row.table and not row.printed_value:
        yield "printed_value", f"numbers or {DIRECTION}, as there is a table"
    if row.printed_value not in ("", DIRECTION) and not are_numbers(row.printed_value):
        yield "printed_value", f"numbers, {DIRECTION}, or nothing"
        return
    if row.tolerance and not are_numbers(row.tolerance):
        yield "tolerance", "numbers, or nothing"
        return
    printed = numbers_of(row.printed_value)
    without = not printed or any(sign in row.printed_value for sign in "<>")
    allowed = {0} if without else {len(printed)} if row.table else {0, len(printed)}
    given = numbers_of(row.tolerance)
    if len(given) not in allowed or min(given, default=0) < 0:
        yield "tolerance", f"{max(allowed) or 'no'} numbers from 0 on, one for each that is printed"


def wrong_answers(row) -> Iterable[tuple[str, str]]:
    """What is wrong with a row that has a table."""
    parts = row.column.split("; ")
    if len(parts) not in {1, len(row.table.split("; "))}:
        yield "column", "columns for all tables, or for each"
    if not all(COLUMN.fullmatch(part) for part in parts):
        yield "column", "'name, name where name=value|value and name=value'"
    if reason_of(row.note):
        yield "note", "no reason to have no table, as there is one"


def wrong_reason(row, ids: set[str]) -> Iterable[tuple[str, str]]:
    """What is wrong with a row that has no table."""
    if row.column:
        yield "column", "nothing, as there is no table"
    reason = reason_of(row.note)
    if not reason:
        yield "note", f"a table, or a note that begins with one of {', '.join(REASONS)}"
    elif reason[0] == "same as" and reason[1]["id"] not in ids - {row.id}:
        yield "note", "the id of another row of this file"


def reason_of(note: str) -> tuple[str, dict[str, str]] | None:
    """Why a row has no table, one of REASONS, with the key or id that it names; None for none.

    The reason comes first in a note, up to a semicolon.
    """
    first = note.split("; ")[0]
    for reason, pattern in REASONS.items():
        if found := re.fullmatch(pattern, first):
            return reason, found.groupdict()
    return None


def are_numbers(text: str) -> bool:
    """Whether a text is numbers with semicolons between them: 0.82, 15.53%, > 6%, ~0.15."""
    return all(NUMBER.fullmatch(part.strip()) for part in text.split(";"))


def numbers_of(text: str) -> list[float]:
    """The numbers of a printed value or a tolerance; of percent, the hundredth. [] for a direction."""
    found = [NUMBER.fullmatch(part.strip()) for part in text.split(";")]
    return [float(part[1]) / (100 if part[2] else 1) for part in found if part]


def answers_of(row) -> list[Answer]:
    """Where the claim of a row is answered, a table (or several, with *) each; [] for no table."""
    if not row.table:
        return []
    tables, parts = row.table.split("; "), row.column.split("; ")
    answers = []
    for table, part in zip(tables, parts * (len(tables) // len(parts)), strict=True):
        columns, _, where = part.partition(" where ")
        chosen = [pair.split("=") for pair in where.split(" and ")] if where else []
        values = {name: value.split("|") for name, value in chosen}
        answers.append(Answer(table, columns.split(", "), values))
    return answers


def not_made(register: pd.DataFrame, tables: Iterable[str]) -> list[str]:
    """A line for each table of the register that is none of a study's; tables: below its results."""
    tables = list(tables)
    return [
        f"{row.id}: {answer.table}: no job of the study makes such a table"
        for row in register.itertuples()
        for answer in answers_of(row)
        if not any(fnmatch(table, answer.table) for table in tables)
    ]
