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
    ShareOrNull,
    distinct,
    one_of,
)
from modality_gap.study.encoders import paired
from modality_gap.study.errors import Unknown, unknown
from modality_gap.study.places import EMBEDDINGS, Place, Places, corpus_file, prompts_file

NOISES = ("gaussian", "uniform", "laplace", "rademacher", "student_t", "centred_gaussian")
TASKS = ("zero_shot", "image_to_text", "text_to_image", "multiple_choice")


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


class Section(Keys):
    """Encoders, tasks, how far the gap is closed, and noises."""

    encoders: Names
    splits: Names = ABSENT
    tasks: distinct(one_of(*TASKS))
    zero_shot: Name = ABSENT
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
    if "zero_shot" in section["tasks"]:
        if "zero_shot" not in section:
            expected = "expected the name of a task of the section zero_shot"
            yield Unknown(
                f"robustness.tasks: zero_shot, but missing zero_shot, {expected}", "zero_shot"
            )
        tasks = study.get("zero_shot", {}).get("tasks", {})
        yield from unknown("robustness.zero_shot", section["zero_shot"], tasks)


# What says where it is measured, or is measured apart.
NOT_SETTINGS = ("encoders", "splits", "two_class")


class Robustness:
    """What is measured of robustness. config: the study, its defaults filled in."""

    def __init__(self, config: dict, places: Places):
        self.section = config["robustness"]
        self.zero_shot, self.all_places = config.get("zero_shot", {"tasks": {}}), places

    def places(self) -> list[Place]:
        """Every place whose robustness is measured."""
        places = self.all_places.section_places("robustness")
        return [place for place in places if place[2] in self.section.get("splits", [place[2]])]

    def tasks(self, encoder: str, corpus: str, split: str) -> list[str]:
        """The tasks of a split: zero-shot classification only where its images have its classes."""
        named = self.section["tasks"]
        if "zero_shot" not in named:
            return named
        task = self.zero_shot["tasks"][self.section["zero_shot"]]
        asked = encoder in self.zero_shot["encoders"]
        if asked and corpus == task["corpus"] and split in task["splits"]:
            return named
        return [name for name in named if name != "zero_shot"]

    def inputs(self, encoder: str, corpus: str, split: str) -> dict[str, str]:
        """Embeddings, and what zero-shot classification needs, by name."""
        if "zero_shot" not in self.tasks(encoder, corpus, split):
            return dict(EMBEDDINGS)
        return EMBEDDINGS | {
            "labels": corpus_file(corpus, "images.parquet"),
            "classes": corpus_file(corpus, "classes.yaml"),
            "prompts": prompts_file(encoder, "zero_shot"),
        }

    def settings(self, encoder: str, corpus: str, split: str) -> dict:
        """What is measured of robustness to noise at a place."""
        kept = {key: value for key, value in self.section.items() if key not in NOT_SETTINGS}
        task = self.zero_shot["tasks"].get(kept.get("zero_shot"))
        return kept | {"tasks": self.tasks(encoder, corpus, split), "zero_shot": task}
