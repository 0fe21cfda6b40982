"""Zero-shot classification while images and texts move along the gap."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from modality_gap.study.base import (
    ABSENT,
    AllowedValues,
    Classes,
    Count,
    Keys,
    Moves,
    Name,
    Names,
    OfTask,
    Seed,
    Shifts,
    Templates,
    Text,
    text_or,
)
from modality_gap.study.encoders import asked, asked_of, broken_tasks, settings_of
from modality_gap.study.errors import unknown
from modality_gap.study.networks import stamps
from modality_gap.study.places import embedding_files


class Direction(Keys):
    """Where a direction comes from: a gap elsewhere, or a file."""

    ONE_OF = (("corpus", "split"), ("file",))

    corpus: Name = ABSENT
    split: Name = ABSENT
    file: Text = ABSENT


class Task(Keys):
    """Images whose label is asked for with prompts."""

    corpus: Name
    splits: Names
    label: Text
    where: AllowedValues = ABSENT
    minimum: Count = ABSENT
    templates: Templates = ABSENT
    prompts: Classes = ABSENT
    positive: Text = ABSENT
    encoders: Names = ABSENT


class Section(Keys):
    """Encoders, shifts along directions, tasks."""

    encoders: Names
    shifts: Shifts
    moves: Moves
    directions: Annotated[dict[Name, text_or(Direction, OfTask)], Field(min_length=1)]
    bootstrap: Annotated[int, Field(ge=100)]
    seed: Seed
    tasks: Annotated[dict[Name, Task], Field(min_length=1)]


ENCODERS = asked  # which of them it may name


def broken(section: dict, study: dict) -> Iterator[str]:
    """Positive classes without a prompt, and encoders of tasks that there are not."""
    yield from broken_tasks("zero_shot", section)
    for name, task in section["tasks"].items():
        if "positive" in task and "prompts" in task:
            key = f"zero_shot.tasks.{name}.positive"
            yield from unknown(key, task["positive"], task["prompts"])


def places(section: dict) -> dict[str, dict]:
    """Where tasks and directions name a corpus and its splits, by the key's path."""
    found = {f"zero_shot.tasks.{name}": task for name, task in section["tasks"].items()}
    for name, source in section.get("directions", {}).items():
        if "corpus" in source:
            found[f"zero_shot.directions.{name}"] = source
    return found


def files(section: dict) -> Iterator[tuple[str, str]]:
    """The files that directions come from, by the key's path."""
    for name, source in section.get("directions", {}).items():
        if isinstance(source, dict) and "file" in source:
            yield f"zero_shot.directions.{name}.file", source["file"]


class ZeroShot:
    """The tasks of a study. config: its defaults filled in."""

    def __init__(self, config: dict):
        self.section = config["zero_shot"]

    def tables(self, name: str) -> list[str]:
        """A table of every encoder on every split with a task."""
        places = {
            (task["corpus"], split, encoder): None
            for task in self.section["tasks"].values()
            for split in task["splits"]
            for encoder in asked_of(task, self.section)
        }
        return [
            f"<results>/zero_shot/{encoder}/{corpus}/{split}/{name}.parquet"
            for corpus, split, encoder in places
        ]

    def settings(self, encoder: str) -> dict:
        """What is measured of an encoder."""
        return settings_of(self.section, encoder)

    def directions(self, encoder: str) -> dict[str, list[str]]:
        """What each direction comes from, by its name; that of the task itself has nothing more."""
        return {
            f"direction_{name}": (
                [source["file"]]
                if "file" in source
                else embedding_files(encoder, source["corpus"], source["split"])
            )
            for name, source in self.section["directions"].items()
            if source != "task"
        }

    def stamps(self) -> list[list]:
        """Size and time of the files that directions come from."""
        sources = self.section["directions"].values()
        return stamps(
            [source["file"] for source in sources if source != "task" and "file" in source]
        )
