"""Networks that differ in their seed alone: random ones, and training runs."""

from collections.abc import Iterator
from typing import Annotated, ClassVar

from pydantic import Field

from modality_gap.study.base import (
    ABSENT,
    Keys,
    Name,
    Seed,
    Several,
    Text,
    distinct,
    one_of,
    text_or,
)
from modality_gap.study.corpora import without_pictures
from modality_gap.study.encoders import Preprocessing
from modality_gap.study.errors import unknown
from modality_gap.study.networks import Networks, stamps
from modality_gap.study.runs import part_of


class Family(Keys):
    """Networks that differ in their seed: random ones, those of a run, or those of files of weights."""

    ONE_OF = (("run",), ("architecture", "seeds"), ("architecture", "files"))
    NEEDS: ClassVar[dict[str, str]] = {
        "preprocessing": "files",
        "part": "files",
        "quick_gelu": "files",
    }

    run: Name = ABSENT
    library: one_of("open_clip", "torchvision", "timm") = "open_clip"
    architecture: Text = ABSENT
    seeds: Several = ABSENT
    files: distinct(Text, least=2) = ABSENT
    preprocessing: text_or(Preprocessing, Text) = ABSENT
    quick_gelu: bool = ABSENT
    part: str = ABSENT


class Section(Keys):
    """What the networks embed, and the networks."""

    corpus: Name
    split: Name
    items: Several
    view_items: Several
    seed: Seed
    families: Annotated[dict[Name, Family], Field(min_length=1)]


def broken(section: dict, study: dict) -> Iterator[str]:
    """A corpus or run that there is not, or a run with one seed."""
    yield from without_pictures("seed_cones.corpus", section["corpus"], study["corpora"])
    runs = study["training"]
    for name, family in section["families"].items():
        path = f"seed_cones.families.{name}.run"
        if "run" in family:
            yield from unknown(path, family["run"], runs)
            if len(runs[family["run"]]["seeds"]) < 2:
                yield f"{path}: {family['run']!r} has one seed, expected a run with several"
        if "quick_gelu" in family and family.get("library", "open_clip") != "open_clip":
            yield (
                f"seed_cones.families.{name}.quick_gelu: of open_clip's networks alone, and this one is "
                f"{family['library']}'s"
            )


def files(section: dict) -> Iterator[tuple[str, str]]:
    """The files of weights of all families, by the key's path."""
    for name, family in section["families"].items():
        for file in family.get("files", []):
            yield f"seed_cones.families.{name}.files", file


# What says how the files of a family are read.
STATED = ("preprocessing", "quick_gelu", "part")


class SeedCones:
    """The families of networks of a study. config: its defaults filled in.

    `families`, of these `trained` and `random` (by weights) and `paired` (with both modalities, and
    so a gap) are names.
    """

    def __init__(self, config: dict, networks: Networks):
        self.families = config["seed_cones"]["families"]
        self.runs, self.networks = config["training"], networks
        self.trained = [name for name, family in self.families.items() if "seeds" not in family]
        self.random = [name for name in self.families if name not in self.trained]
        self.paired = [name for name in self.families if self.is_paired(name)]

    def is_paired(self, family: str) -> bool:
        """Whether a family's networks have both modalities."""
        return self.network(family)["library"] == "open_clip"

    def network(self, family: str) -> dict:
        """Library and architecture of the networks whose seeds are compared."""
        entry = self.families[family]
        if "run" in entry:
            return {"library": "open_clip", **self.networks.of_run(entry["run"])}
        library = entry.get("library", "open_clip")
        return {"library": library, "architecture": entry["architecture"]}

    def architecture(self, family: str) -> str:
        """The name of the architecture of a family."""
        return self.network(family)["architecture"]

    def hub_files(self, family: str) -> list[str]:
        """What a family needs of the hub; other libraries bring everything themselves."""
        if not self.is_paired(family):
            return []
        return self.networks.hub_files(self.architecture(family))

    def libraries(self, family: str) -> list[str]:
        """The libraries beside open_clip that a family is built with."""
        if not self.is_paired(family):
            return ["timm"]
        return self.networks.libraries(self.architecture(family))

    def random_networks(self, family: str, scatteritem: str) -> dict:
        """The random networks of one part of a family."""
        seeds = part_of(range(self.families[family]["seeds"]), scatteritem)
        return {**self.network(family), "seeds": seeds}

    def trained_networks(self, family: str) -> dict:
        """The trained networks of a family; their weights are the rule's input, in the same order."""
        stated = {key: value for key, value in self.families[family].items() if key in STATED}
        return {**self.network(family), "stated": stated, "seeds": self.seeds(family)}

    def seeds(self, family: str) -> list[int]:
        """The seeds of the run of a trained family; of files, their places in the study."""
        entry = self.families[family]
        return self.runs[entry["run"]]["seeds"] if "run" in entry else [*range(len(entry["files"]))]

    def weights(self, family: str) -> list[str]:
        """The weights of a trained family, a file a seed."""
        entry = self.families[family]
        if "files" in entry:
            return entry["files"]
        return [f"<results>/training/{entry['run']}/{seed}/final.pt" for seed in self.seeds(family)]

    def stamps(self, family: str) -> list[list]:
        """Size and time of the files of weights that a user brings to a family."""
        return stamps(self.families[family].get("files", []))
