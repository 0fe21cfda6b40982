"""Comparisons of groups while the images move."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from modality_gap.study.base import (
    ABSENT,
    AllowedValues,
    Classes,
    CorpusSplit,
    Keys,
    Name,
    Names,
    OfTask,
    Prompts,
    Shifts,
    Text,
    distinct,
    said,
    text_or,
)
from modality_gap.study.encoders import asked
from modality_gap.study.errors import unknown
from modality_gap.study.places import EMBEDDINGS, at, corpus_file, embedding_files

Moved = Annotated[float, Field(ge=-5, le=5), said(lambda shift: shift != 0, "another shift than 0")]


class Groups(Keys):
    """The columns whose values are classes, and a prompt of each."""

    columns: distinct(Text)
    prompts: Classes


class Change(Keys):
    """A shift that is compared with none, and what it is said to exacerbate."""

    shift: Moved
    exacerbates: Name = ABSENT


class Comparison(Keys):
    """A comparison of groups of images while they move."""

    corpus: Name
    splits: Names
    encoders: Names
    where: AllowedValues = ABSENT
    groups: distinct(Text)
    classes: Groups
    probes: Annotated[dict[Name, Prompts], Field(min_length=1)]
    direction: text_or(CorpusSplit, OfTask)
    shifts: Shifts
    compared: Annotated[dict[Name, Change], Field(min_length=1, max_length=8)]


Section = Annotated[dict[Name, Comparison], Field(min_length=1)]


def broken(section: dict, study: dict) -> Iterator[str]:
    """Encoders that there are not, and probes that nothing names."""
    for name, entry in section.items():
        path = f"fairness.{name}"
        for encoder in entry["encoders"]:
            yield from unknown(f"{path}.encoders", encoder, asked(study["encoders"]))
        for compared, change in entry["compared"].items():
            if "exacerbates" in change:
                key = f"{path}.compared.{compared}.exacerbates"
                yield from unknown(key, change["exacerbates"], entry["probes"])


def places(section: dict) -> dict[str, dict]:
    """Where comparisons name a corpus and its splits, by the key's path."""
    found = {}
    for name, entry in section.items():
        found[f"fairness.{name}"] = entry
        if entry["direction"] != "task":
            found[f"fairness.{name}.direction"] = {
                **entry["direction"],
                "encoders": entry["encoders"],
            }
    return found


class Fairness:
    """The comparisons of groups of a study. config: its defaults filled in."""

    def __init__(self, config: dict):
        self.comparisons = config["fairness"]

    def settings(self, fairness: str) -> dict:
        """One comparison of groups."""
        return self.comparisons[fairness]

    def places(self) -> list[tuple[str, str]]:
        """(encoder, comparison of groups) of all of them."""
        return [
            (encoder, name)
            for name, entry in self.comparisons.items()
            for encoder in entry["encoders"]
        ]

    def tables(self, name: str) -> list[str]:
        """A table of every comparison of groups."""
        return [
            f"<results>/fairness/{encoder}/{fairness}/{name}.parquet"
            for encoder, fairness in self.places()
        ]

    def images(self, encoder: str, fairness: str) -> list[str]:
        """The embedded images of a comparison of groups."""
        entry = self.comparisons[fairness]
        places = [(encoder, entry["corpus"], split) for split in entry["splits"]]
        return at(EMBEDDINGS["images"], places)

    def labels(self, fairness: str) -> str:
        """The labels of the images of a comparison of groups."""
        return corpus_file(self.comparisons[fairness]["corpus"], "images.parquet")

    def reference(self, encoder: str, fairness: str) -> list[str]:
        """The embeddings whose gap the images move along, if others."""
        direction = self.comparisons[fairness]["direction"]
        if direction == "task":
            return []
        return embedding_files(encoder, direction["corpus"], direction["split"])
