"""Many encoders in one table and one figure, against their size and their training data."""

from modality_gap.study.base import Keys, Names
from modality_gap.study.encoders import paired
from modality_gap.study.places import Place, Places


class Section(Keys):
    """Encoders."""

    encoders: Names


ENCODERS = paired  # which of them it may name


def of_several(section: dict | None, several: dict[str, list[str]], study: dict) -> dict | None:
    """The section, where there is none with all encoders that patterns stand for; see `spread`."""
    named = [name for names in several.values() for name in names]
    models = [name for name in named if study["encoders"][name]["kind"] != "precomputed"]
    return section or ({"encoders": models} if models else None)


# What of an encoder's entry says what it was trained on.
TRAINED_ON = ("kind", "tag", "seed")


class ModelComparison:
    """Which encoders are compared where. config: the study, its defaults filled in."""

    def __init__(self, config: dict, places: Places):
        self.encoders = config["encoders"]
        self.places = places.section_places("model_comparison")
        asked = {*places.section_places("mitigations")} if "mitigations" in config else set()
        self.advised: list[Place] = [place for place in self.places if place in asked]

    def entries(self) -> dict[str, dict]:
        """What the entry of each encoder says of its training data."""
        named = dict.fromkeys(encoder for encoder, *_ in self.places)
        return {
            name: {
                key: self.encoders[name][key] for key in TRAINED_ON if key in self.encoders[name]
            }
            for name in named
        }
