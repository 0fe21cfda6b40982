"""Robustness to noise while the gap is closed."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from modality_gap.study.base import (
    ABSENT,
    Alphas,
    Deviations,
    Keys,
    Name,
    Names,
    NotNegative,
    Positive,
    Seed,
    Several,
    Share,
    ShareOrNull,
    distinct,
    one_of,
    text_or,
)
from modality_gap.study.encoders import asked, asked_of, paired
from modality_gap.study.errors import Unknown, unknown
from modality_gap.study.places import EMBEDDINGS, Place, Places, corpus_file, prompts_file

NOISES = ("gaussian", "uniform", "laplace", "rademacher", "student_t", "centred_gaussian")
TASKS = ("zero_shot", "image_to_text", "text_to_image", "multiple_choice", "own_choices")


class General(Keys):
    """Noise with a mean, in deviations, and correlated noise: the variance's share in one direction."""

    mean: Positive
    share: Share


class TwoClass(Keys):
    """Two classes in theory and simulation."""

    dimension: Annotated[int, Field(ge=3)]
    queries: Several
    separation: Positive
    gap: Positive
    spread: NotNegative
    alphas: Alphas
    deviations: Deviations
    draws: Several
    seed: Seed
    general: General = ABSENT


class Section(Keys):
    """Encoders, tasks, how far the gap is closed, and noises."""

    encoders: Names
    splits: Names = ABSENT
    tasks: distinct(one_of(*TASKS))
    zero_shot: text_or(Names, Name) = ABSENT
    own_choices: Names = ABSENT
    choices: Several = ABSENT
    kept_variance: ShareOrNull
    alphas: Alphas
    deviations: Deviations
    noises: distinct(one_of(*NOISES))
    noise_deviation: Positive
    thresholds: distinct(Annotated[float, Field(ge=0, le=1)], least=2)
    draws: Several
    seed: Seed
    two_class: TwoClass = ABSENT


ENCODERS = paired  # which of them it may name


def broken(section: dict, study: dict) -> Iterator[str]:
    """What a task needs and the study does not have."""
    if "multiple_choice" in section["tasks"] and "choices" not in section:
        yield "robustness: missing choices, expected for multiple_choice"
    if -1 not in section["alphas"]:
        yield "robustness.alphas: expected -1 among them, where the gap is widened"
    yield from not_named(
        section, "zero_shot", "expected the name of a task of the section zero_shot"
    )
    yield from not_named(section, "own_choices", "expected the names of corpora of questions")
    tasks = study.get("zero_shot", {}).get("tasks", {})
    corpora = study["corpora"]
    measured = [split for corpus in corpora.values() for split in corpus.get("evaluate", [])]
    for split in section.get("splits", []):
        yield from unknown("robustness.splits", split, dict.fromkeys([*measured, "all"]))
    for name in named(section, "zero_shot"):
        yield from unknown("robustness.zero_shot", name, tasks)
        yield from not_measured("zero_shot", name, tasks[name], corpora)
    for name in named(section, "own_choices"):
        yield from unknown("robustness.own_choices", name, corpora)
        yield from not_measured("own_choices", name, {"corpus": name}, corpora)
    yield from on_one_split({name: tasks[name] for name in named(section, "zero_shot")})


def not_measured(key: str, name: str, task: dict, corpora: dict) -> Iterator[Unknown]:
    """A task on no split that is measured, of which nothing would come; splits: default, any."""
    corpus = task["corpus"]
    measured = corpora.get(corpus, {}).get("evaluate", [])
    if corpus in corpora and not set(task.get("splits", measured)) & set(measured):
        yield Unknown(
            f"robustness.{key}: {name!r} is on no split that is measured, expected one of its own "
            f"in corpora.{corpus}.evaluate",
            name,
        )


def named(section: dict, task: str) -> list[str]:
    """What a key names for a task that is asked for: a list of names, or one."""
    given = section.get(task, []) if task in section["tasks"] else []
    return [given] if isinstance(given, str) else given


def not_named(section: dict, task: str, expected: str) -> Iterator[Unknown]:
    """A task that is asked for without the key of its name."""
    if task in section["tasks"] and task not in section:
        yield Unknown(f"robustness.tasks: {task}, but missing {task}, {expected}", task)


def on_one_split(tasks: dict[str, dict]) -> Iterator[str]:
    """Two tasks of zero-shot classification on the same images, whose rows would have one name."""
    seen = {}
    for name, task in tasks.items():
        for split in task["splits"]:
            other = seen.setdefault((task["corpus"], split), name)
            if other != name:
                yield (
                    f"robustness.zero_shot: {other!r} and {name!r} are both on {task['corpus']}, "
                    f"{split}, expected one task a split"
                )


# What says where it is measured, or is measured apart.
NOT_SETTINGS = ("encoders", "splits", "two_class", "own_choices")


class Robustness:
    """What is measured of robustness. config: the study, its defaults filled in."""

    def __init__(self, config: dict, places: Places):
        self.section = config["robustness"]
        self.zero_shot, self.all_places = config.get("zero_shot", {"tasks": {}}), places
        self.asked = asked(config["encoders"])

    def places(self) -> list[Place]:
        """Every place whose robustness is measured: where there is a task, of the splits named."""
        places = self.all_places.section_places("robustness")
        named_splits = self.section.get("splits")
        there = [place for place in places if named_splits is None or place[2] in named_splits]
        return [place for place in there if self.tasks(*place)]

    def classes(self, encoder: str, corpus: str, split: str) -> dict | None:
        """The task of zero-shot classification whose images a split has, if the encoder is asked it."""
        for name in named(self.section, "zero_shot"):
            task = self.zero_shot["tasks"][name]
            here = task["corpus"] == corpus and split in task["splits"]
            if here and encoder in asked_of(task, self.zero_shot):
                return task
        return None

    def tasks(self, encoder: str, corpus: str, split: str) -> list[str]:
        """The tasks of a split: classes and questions only where its images have them."""
        there = {
            "zero_shot": self.classes(encoder, corpus, split) is not None,
            "own_choices": encoder in self.asked and corpus in named(self.section, "own_choices"),
        }
        return [name for name in self.section["tasks"] if there.get(name, True)]

    def inputs(self, encoder: str, corpus: str, split: str) -> dict[str, str]:
        """Embeddings, and what classes and questions need, by name."""
        tasks, found = self.tasks(encoder, corpus, split), dict(EMBEDDINGS)
        if "zero_shot" in tasks or "own_choices" in tasks:
            found["labels"] = corpus_file(corpus, "images.parquet")
        if "zero_shot" in tasks:
            found["classes"] = corpus_file(corpus, "classes.yaml")
            found["prompts"] = prompts_file(encoder, "zero_shot")
        if "own_choices" in tasks:
            found["choices"] = prompts_file(encoder, "robustness")
        return found

    def settings(self, encoder: str, corpus: str, split: str) -> dict:
        """What is measured of robustness to noise at a place."""
        kept = {key: value for key, value in self.section.items() if key not in NOT_SETTINGS}
        task = self.classes(encoder, corpus, split)
        if task is None and isinstance(kept.get("zero_shot"), str):
            task = self.zero_shot["tasks"].get(kept["zero_shot"])
        return kept | {"tasks": self.tasks(encoder, corpus, split), "zero_shot": task}
