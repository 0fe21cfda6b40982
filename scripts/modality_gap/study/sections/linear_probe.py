"""Linear probes of embedded images."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from modality_gap.study.base import (
    ABSENT,
    Keys,
    Name,
    Names,
    Positive,
    Seed,
    Several,
    Share,
    Text,
    distinct,
)
from modality_gap.study.encoders import broken_tasks, paired, settings_of
from modality_gap.study.places import EMBEDDINGS, at, corpus_file


class Task(Keys):
    """A label of images, and the splits that it is learned and tested on."""

    corpus: Name
    train: Name
    test: Name
    label: Text
    encoders: Names = ABSENT


class Section(Keys):
    """Encoders, strengths of regularisation to choose from, tasks."""

    encoders: Names
    regularizations: distinct(Positive)
    validation: Share
    train_items: Several
    seed: Seed
    tasks: Annotated[dict[Name, Task], Field(min_length=1)]


ENCODERS = paired  # which of them it may name


def broken(section: dict, study: dict) -> Iterator[str]:
    """Encoders of tasks that there are not."""
    yield from broken_tasks("linear_probe", section)


def places(section: dict) -> dict[str, dict]:
    """Where tasks name a corpus and its splits, by the key's path."""
    return {f"linear_probe.tasks.{name}": task for name, task in section["tasks"].items()}


class LinearProbe:
    """The probes of a study. config: its defaults filled in."""

    def __init__(self, config: dict):
        self.section = config["linear_probe"]

    def settings(self, encoder: str) -> dict:
        """What is measured of an encoder."""
        return settings_of(self.section, encoder)

    def files(self, encoder: str) -> dict[str, str | list[str]]:
        """Embedded training and test images of each probe, and their labels, by name."""
        found = {}
        for name, task in self.settings(encoder)["tasks"].items():
            for part in ("train", "test"):
                place = (encoder, task["corpus"], task[part])
                found[f"{part}_{name}"] = at(EMBEDDINGS["images"], [place])
            found[f"labels_{name}"] = corpus_file(task["corpus"], "images.parquet")
        return found
