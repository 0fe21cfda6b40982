"""The tables that a page is made from, by where they lie in a study's results."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pandas as pd


class Place(NamedTuple):
    """Where something was measured."""

    encoder: str
    corpus: str
    split: str

    def __str__(self) -> str:
        return readable(f"{self.encoder} on {self.corpus}, {self.split}")


class Link(NamedTuple):
    """What a number rests on. table: a file below the study's results; figure: one too, or None."""

    table: str
    figure: str | None = None


class Results:
    """The tables of a study's results that a page may read, each read once.

    folder: of the study's results; tables: paths below it; figures: those of the study, below it.
    """

    def __init__(self, folder: Path, tables: Iterable[str], figures: Iterable[str] = ()):
        self.folder = Path(folder)
        self.tables, self.figures = sorted(set(tables)), set(figures)
        self._read: dict[str, pd.DataFrame] = {}

    def read(self, table: str) -> pd.DataFrame:
        """One table; one without rows says why in its attribute `undefined`."""
        if table not in self.tables:
            raise ValueError(f"{table}: not a table that the page may read")
        if table not in self._read:
            self._read[table] = pd.read_parquet(self.folder / table)
        return self._read[table]

    def matching(self, pattern: str) -> dict[tuple[str, ...], str]:
        """Tables whose path has a pattern's form, by the values of its wildcards, in their order."""
        parts = re.split(r"{\w+}", pattern)
        form = re.compile("([^/]+)".join(map(re.escape, parts)))
        found = ((form.fullmatch(table), table) for table in self.tables)
        return {match.groups(): table for match, table in found if match}

    def at(self, pattern: str, place: Place) -> str | None:
        """The table of a place, where the study has it."""
        table = pattern.format(**place._asdict())
        return table if table in self.tables else None

    def link(self, table: str, figure: str | None = None) -> Link:
        """A table with the figure that shows it, where the study has that."""
        return Link(table, figure if figure in self.figures else None)


def readable(name: str) -> str:
    """A name of a config or a table as a person reads it."""
    return name.replace("_to_", "→").replace("_", " ")
