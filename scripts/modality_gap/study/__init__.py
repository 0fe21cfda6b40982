"""A study: its configuration, checked and its defaults filled in, and what the rules ask of it."""

import copy
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field

from modality_gap.models.architectures import check_architectures
from modality_gap.study.base import ABSENT, Keys, Name, Names, Text, Texts, fill, said, text_or
from modality_gap.study.corpora import splits_of
from modality_gap.study.encoders import spread, strangers
from modality_gap.study.errors import check_file, check_type, unknown, unknown_key
from modality_gap.study.files import check_files, check_tables
from modality_gap.study.networks import Networks
from modality_gap.study.originals import Originals
from modality_gap.study.parts import OF_ENTRIES, PARTS, SECTIONS, named_splits, places_of
from modality_gap.study.places import Places
from modality_gap.study.prompts import Prompts
from modality_gap.study.runs import Runs
from modality_gap.study.without import leave_out, named_without

# Words of figures and sentences: no signs of LaTeX, of patterns or of reStructuredText in them.
Modality = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 -]*$", max_length=40)]
# What lies in results/ beside the folders of studies.
TAKEN = ("compared", "downloads", "readme.md")


class Head(Keys):
    """What every study says of itself."""

    study: Annotated[
        Name, said(lambda name: name.lower() not in TAKEN, f"another name than {', '.join(TAKEN)}")
    ]
    title: Text
    local_files: str | None = None
    modalities: Annotated[list[Modality], Field(min_length=2, max_length=2)] = ABSENT
    without: text_or(Names, Text) = ABSENT
    left_out: Texts = ABSENT


class Study:
    """A study that is as it should be: `config`, its defaults filled in, and answers about it.

    `places`: where what is measured; `originals`: what corpora are read from; `networks`, `runs`;
    `prompts`: what encoders are asked.
    """

    def __init__(self, config: dict, architectures: Path):
        self.config = config
        self.places, self.originals = Places(config), Originals(config)
        self.networks = Networks(config, architectures)
        self.runs = Runs(config, self.networks)
        self.prompts = Prompts(config, self.places)

    @classmethod
    def read(cls, config: dict, files: Iterable[str | Path], architectures: Path) -> "Study":
        """The study of a configuration, whose missing keys are filled in.

        files: that it was read from; architectures: folder of the project's own. Raises ValueError or
        FileNotFoundError with one line, `key.path: what was expected`, where it is not valid.
        """
        for file in files:
            check_file(file)
        check_study(config)
        check_files(config)
        check_tables(config)
        check_architectures(config, architectures)
        study = cls(config, architectures)
        study.originals.sources()
        return study

    def used_corpora(self) -> list[str]:
        """The corpora that anything is measured or trained on, in the order of the study."""
        named = [place["corpus"] for place in places_of(self.config).values()]
        named += [corpus for _, corpus, _ in self.places.evaluations(self.config["encoders"])]
        named += [run["corpus"] for run in self.config["training"].values()]
        return [corpus for corpus in self.config["corpora"] if corpus in named]


def check_study(config: dict) -> None:
    """Fill in the defaults of a study; raise ValueError with one line where it is not valid.

    Types come first, of all sections, then names that refer to another entry.
    """
    for problem in (*keys_of_other_types(config), *numbers_that_are_none(config)):
        raise ValueError(problem)
    for key in sorted(config.keys() - PARTS.keys() - Head.model_fields.keys()):
        expected = unknown_key(key, [*PARTS, *Head.model_fields])
        raise ValueError(f"{key}: unknown key, {expected}")
    check_type(Head, {key: config[key] for key in Head.model_fields if key in config}, "")
    for name, part in PARTS.items():
        if name in config:
            check_type(part.Section, config[name], name)
    several = spread(config)
    for name, part in SECTIONS.items():
        if hasattr(part, "of_several") and (
            own := part.of_several(config.get(name), several, config)
        ):
            config[name] = own
    fill_in(config)
    for problem in broken_references(config):
        raise ValueError(problem)
    if "without" in config:
        # What is left is a study of its own: read again, it is what it is.
        names = named_without(config.pop("without"), several)
        config["left_out"] = leave_out(config, names, broken_references)


def fill_in(config: dict) -> None:
    """Fill a valid study with the defaults of its keys."""
    fill(Head, config)
    for name, part in PARTS.items():
        if name in OF_ENTRIES:
            config.setdefault(name, {})
        elif hasattr(part, "DEFAULT"):
            config.setdefault(name, copy.deepcopy(part.DEFAULT))
        if name in config:
            fill(part.Section, config[name])


def broken_references(config: dict) -> Iterator[str]:
    """What names something that the study does not have; the first one makes the others doubtful."""
    first, second = config.get("modalities", ("image", "text"))
    if first == second or (first, second) == ("text", "image"):
        yield f"modalities: {first} and {second}, expected two names, that of the images first"
    for name in ("training", "encoders", "corpora"):
        yield from alike(name, config[name])
        yield from OF_ENTRIES[name].broken(config[name], config)
    for name, part in SECTIONS.items():
        if name not in config:
            continue
        if hasattr(part, "ENCODERS"):
            known = part.ENCODERS(config["encoders"])
            for encoder in config[name]["encoders"]:
                yield from unknown(f"{name}.encoders", encoder, known)
        if hasattr(part, "broken"):
            yield from part.broken(config[name], config)
    for path, place in places_of(config).items():
        yield from unknown(f"{path}.corpus", place["corpus"], config["corpora"])
        asked = place.get("encoders", config[path.partition(".")[0]].get("encoders", []))
        yield from strangers(path, asked, place["corpus"], config)
        known = splits_of(config["corpora"][place["corpus"]])
        for key, split in named_splits(place):
            yield from unknown(f"{path}.{key}", split, known or [split])


def alike(section: str, names: Iterable[str]) -> Iterator[str]:
    """Names that differ in capitals alone, which some disks do not tell apart."""
    by_letters: dict[str, str] = {}
    for name in names:
        other = by_letters.setdefault(name.lower(), name)
        if other != name:
            yield f"{section}: {other} and {name}, expected names that differ in more than capitals"


def entries_of(study: dict | list, path: str = "") -> Iterator[tuple[str, str, object, object]]:
    """(path of what holds it, own path, key or place, value) of every entry, depth first."""
    for key, value in study.items() if isinstance(study, dict) else enumerate(study):
        own = f"{path}[{key}]" if isinstance(study, list) else f"{path}.{key}".lstrip(".")
        yield path, own, key if isinstance(study, dict) else str(key), value
        if isinstance(value, dict | list):
            yield from entries_of(value, own)


def keys_of_other_types(study: dict) -> Iterator[str]:
    """The keys that YAML took for something else than text: no for false, 007 for 7."""
    for path, _, key, _ in entries_of(study):
        if not isinstance(key, str):
            yield (
                f"{path or 'the study'}: a key is read as {key!r} ({type(key).__name__}), not as text: "
                "put it in quotes as it is meant"
            )


def numbers_that_are_none(study: dict) -> Iterator[str]:
    """The keys whose value is no finite number: bounds of a schema let NaN pass."""
    for _, own, _, value in entries_of(study):
        if isinstance(value, float) and not math.isfinite(value):
            yield f"{own}: {value}, expected a finite number"
