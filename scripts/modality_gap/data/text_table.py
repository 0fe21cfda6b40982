"""Tables of text, .csv and .tsv, read cell by cell as they are; no pandas, so that planning may look.

Nothing is taken for a number, a date or a missing value: `NA`, `None`, `007` and `no` are text.
"""

import csv
from collections.abc import Iterable, Iterator
from pathlib import Path

LONGEST_CELL = 2**24  # letters
DELIMITERS = {".csv": ",", ".tsv": "\t"}
OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "bars", ",": "commas"}


def read_text_table(file: str | Path) -> dict[str, list[str]]:
    """The columns of a table, by name, each with a text a row.

    UTF-8, with or without a byte order mark; the ending says what separates cells. Lines without
    anything are no rows; of a table of one column, those before the last row are empty cells.
    Raises ValueError, naming file and line, for another encoding, a row of another length, stray
    quotes, a column's name that stands twice.
    """
    file = Path(file)
    delimiter, number, rows = DELIMITERS[file.suffix.lower()], 0, []
    csv.field_size_limit(LONGEST_CELL)
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            header = next(reader, [])
            for number, row in enumerate(rows_of(reader, len(header)), start=1):
                if len(row) != len(header):
                    raise ValueError(
                        f"{file}: row {number} (line {reader.line_num}) has {len(row)} cells, "
                        f"expected {len(header)}, as the header has: {', '.join(header)}"
                    )
                if delimiter == "\t" and any("\t" in cell or "\n" in cell for cell in row):
                    raise ValueError(
                        f"{file}: row {number} (line {reader.line_num}) has a quoted cell that holds "
                        "tabs or lines, as a stray quote makes one; expected neither in a .tsv"
                    )
                rows.append(row)
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{file}: not UTF-8 text near row {number + 1} ({error.reason}), expected UTF-8"
        ) from error
    except csv.Error as error:
        raise ValueError(
            f"{file}: row {number + 1}: {error}, expected cells with quotes in quotes, doubled"
        ) from error
    twice = [name for place, name in enumerate(header) if name in header[:place]]
    if twice:
        raise ValueError(f"{file}: column {twice[0]!r} stands twice in the header")
    return (
        dict(zip(header, map(list, zip(*rows, strict=True)), strict=True))
        if rows
        else {name: [] for name in header}
    )


def rows_of(reader: Iterable[list[str]], columns: int) -> Iterator[list[str]]:
    """The rows of a table, without its empty lines, unless such a line is an empty cell."""
    empty = 0
    for row in reader:
        if not row:
            empty += 1
            continue
        if columns == 1:
            yield from [[""]] * empty
        empty = 0
        yield row


def check_columns(columns: list[str], wanted: list[str], file: str | Path) -> None:
    """Raise ValueError where a table lacks a column, naming those that it has."""
    missing = [name for name in wanted if name not in columns]
    if not missing:
        return
    own = DELIMITERS.get(Path(file).suffix.lower())
    other = next(
        (
            f"; are its cells separated by {word}, in a file that ends in {Path(file).suffix}?"
            for sign, word in OTHER_DELIMITERS.items()
            if sign != own and len(columns) == 1 and sign in columns[0]
        ),
        "",
    )
    raise ValueError(
        f"{file}: no column {missing[0]!r} among {', '.join(map(repr, columns)) or 'none'}, expected "
        f"{' and '.join(f'`{name}`' for name in wanted)}{other}"
    )
