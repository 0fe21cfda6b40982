"""The training runs of a study: their keys, and a class a temperature policy."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from modality_gap.study.base import (
    ABSENT,
    Count,
    Keys,
    Name,
    NotNegative,
    Positive,
    Precision,
    Seed,
    Several,
    Temperature,
    Text,
    VarianceShare,
    by,
    distinct,
    one_of,
    one_or_several,
    said,
)
from modality_gap.study.corpora import splits_of, without_pictures
from modality_gap.study.encoders import TRAINABLE
from modality_gap.study.errors import unknown

Part = Annotated[float, Field(ge=0, lt=1)]


class Learned(Keys):
    """τ is learned, as in CLIP or reparameterised."""

    policy: str
    start: Temperature
    max_logit_scale: Annotated[float, Field(gt=0, le=100)]
    form: one_of("exp", "softplus") = "exp"
    divisor: Positive = 1
    learning_rate_share: NotNegative = 1


class Fixed(Keys):
    """τ stays."""

    policy: str
    value: Temperature


class Linear(Keys):
    """τ moves evenly."""

    policy: str
    first: Temperature
    last: Temperature


class Alternating(Linear):
    """τ goes and comes back."""

    cycles: Positive


# Each is trained by the module of this name in `training.policies`.
POLICIES: dict[str, type[Keys]] = {
    "learned": Learned,
    "fixed": Fixed,
    "linear": Linear,
    "alternating": Alternating,
}


class Augmentation(Keys):
    """How far images are turned (degrees), moved and scaled (shares); or which share of them is kept."""

    ONE_OF = (("rotation", "translation", "scale"), ("crop",))

    rotation: Annotated[float, Field(ge=0, le=180)] = ABSENT
    translation: Part = ABSENT
    scale: Part = ABSENT
    crop: Annotated[
        list[VarianceShare],
        Field(min_length=2, max_length=2),
        said(lambda area: area[0] <= area[1], "the smallest share of the image first"),
    ] = ABSENT


class Features(Keys):
    """What happens to features before the loss."""

    NEEDS: ClassVar[dict[str, str]] = {"share": "change"}

    normalized: bool = True
    change: one_of("swap_entries", "swap_rows", "mix_entries") = ABSENT
    share: VarianceShare = ABSENT


class Run(Keys):
    """A contrastive training, of an architecture from scratch or of an encoder that it goes on from."""

    ONE_OF = (("architecture",), ("start",))
    NEEDS: ClassVar[dict[str, str]] = {"dimension": "architecture"}

    architecture: Text = ABSENT
    dimension: Several = ABSENT
    start: Name = ABSENT
    initialization: one_of("random", "procrustes", "common_centre") = "random"
    corpus: Name
    split: Name
    pairs: Several = ABSENT
    caption: one_of("random", "first", "last", "all") = "random"
    validation: Name
    seeds: distinct(Seed)
    epochs: Count
    batch_size: Several
    accumulation: Count = 1
    optimizer: one_of("adamw", "adam") = "adamw"
    learning_rate: one_or_several(Positive)
    decay: one_of("one_cycle", "cosine", "none") = "one_cycle"
    warmup: Part
    weight_decay: NotNegative
    betas: Annotated[list[Part], Field(min_length=2, max_length=2)]
    eps: Positive
    trainable: distinct(Text) = ABSENT
    augmentation: Augmentation
    temperature: by("policy", POLICIES)
    features: Features = Field({})
    precision: Precision
    evaluations: Count
    gpus: Annotated[int, Field(ge=0)] = 1


Section = dict[Name, Run]


def broken(runs: dict, study: dict) -> Iterator[str]:
    """What a run names and the study does not have."""
    for name, run in runs.items():
        path = f"training.{name}"
        yield from without_pictures(f"{path}.corpus", run["corpus"], study["corpora"])
        known = splits_of(study["corpora"][run["corpus"]])
        for key in ("split", "validation"):
            yield from unknown(f"{path}.{key}", run[key], known or [run[key]])
        yield from broken_start(name, runs, study["encoders"])


def broken_start(name: str, runs: dict, encoders: dict) -> Iterator[str]:
    """What is wrong with the encoder that a run goes on from."""
    path, seen = f"training.{name}.start", []
    while name in runs and "start" in runs[name]:
        start = runs[name]["start"]
        trainable = [other for other, encoder in encoders.items() if encoder["kind"] in TRAINABLE]
        yield from unknown(path, start, trainable)
        if name in seen:
            yield f"{path}: {start!r} starts from this run itself"
            return
        seen.append(name)
        name = encoders.get(start, {}).get("run")


def places(runs: dict) -> dict[str, dict]:
    """Where runs name a corpus and its splits, by the key's path."""
    return {f"training.{name}": run for name, run in runs.items()}
