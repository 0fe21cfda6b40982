"""Free embeddings under descent."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from modality_gap.study.base import Count, Keys, NotNegative, Positive, Several, distinct

Gaps = distinct(Annotated[float, Field(ge=0, le=2)])
Temperatures = distinct(Positive, most=4)
Steps = distinct(Annotated[int, Field(ge=0)], least=0)
SomeSteps = distinct(Annotated[int, Field(ge=0)])


class PlaneStart(Keys):
    """A start in the plane."""

    deviations: distinct(Positive)
    temperatures: Temperatures
    steps: Count
    snapshots: SomeSteps


class Plane(Keys):
    """Descent in the plane."""

    pairs: Annotated[int, Field(ge=2, le=1000)]
    gap: NotNegative
    learning_rate: Positive
    seeds: Count
    isotropic: PlaneStart
    collapsed: PlaneStart


class Descent(Keys):
    """Descent on spheres."""

    pairs: Several
    gaps: Gaps
    deviation: Positive
    temperatures: Temperatures
    seeds: Count
    learning_rate: Positive
    steps: Count


class SphereRun(Descent):
    """Descent on one sphere."""

    dimension: Several
    snapshots: Steps


class Sweep(Descent):
    """Descent over dimensions."""

    dimensions: distinct(Several)


class Section(Keys):
    """Descent in the plane and on spheres; of those, `three_dimensions` is drawn."""

    plane: Plane
    sphere: dict[str, SphereRun]
    sweep: Sweep


def broken(section: dict, study: dict) -> Iterator[str]:
    """The sphere that is drawn."""
    path = "free_embeddings.sphere"
    if "three_dimensions" not in section["sphere"]:
        yield f"{path}: missing three_dimensions"
    drawn = section["sphere"]["three_dimensions"]
    if drawn["dimension"] != 3:
        yield f"{path}.three_dimensions.dimension: {drawn['dimension']}, expected 3"
    if not drawn["snapshots"]:
        yield f"{path}.three_dimensions.snapshots: 0 entries, expected at least 1"
