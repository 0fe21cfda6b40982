"""The gaps of all pairs of modalities of a model of several."""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from modality_gap.study.base import Name, Names
from modality_gap.study.errors import unknown
from modality_gap.study.places import Places

Section = Annotated[dict[Name, Names], Field(min_length=1)]


def of_several(section: dict | None, several: dict[str, list[str]], study: dict) -> dict:
    """The section with every entry of `arrays`, by its name, which stands for its pairs."""
    found = {
        name: names
        for name, names in several.items()
        if all("modalities" in study["encoders"][one] for one in names)
    }
    given = {
        name: [one for encoder in encoders for one in several.get(encoder, [encoder])]
        for name, encoders in (section or {}).items()
    }
    return found | given


def broken(section: dict, study: dict) -> Iterator[str]:
    """Encoders that there are not, or that do not say their modalities."""
    for name, encoders in section.items():
        known = [one for one, entry in study["encoders"].items() if "modalities" in entry]
        for encoder in encoders:
            yield from unknown(f"modality_pairs.{name}", encoder, known)


class ModalityPairs:
    """Which pairs a model has, and where they are measured. config: the study, defaults filled in."""

    def __init__(self, config: dict, places: Places):
        self.keys = [
            {"model": model, "encoder": encoder, "corpus": corpus, "split": split}
            | dict(zip(("first", "second"), config["encoders"][encoder]["modalities"], strict=True))
            for model, encoders in config["modality_pairs"].items()
            for encoder, corpus, split in places.evaluations(encoders)
        ]

    def places(self) -> list[tuple[str, str, str]]:
        """(encoder, corpus, split) of each of `keys`."""
        return [(key["encoder"], key["corpus"], key["split"]) for key in self.keys]
