"""Robustness to noise while the gap is closed."""

from modality_gap.study.places import EMBEDDINGS, Place, Places, corpus_file, prompts_file

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
