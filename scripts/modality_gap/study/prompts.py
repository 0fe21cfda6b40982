"""The prompts that each section asks an encoder with."""

from modality_gap.study.encoders import settings_of
from modality_gap.study.places import Places, corpus_file


class Prompts:
    """What is asked of encoders in words. Sections: zero_shot, fairness, rephrasing, robustness."""

    def __init__(self, config: dict, places: Places):
        self.config, self.places = config, places

    def tasks(self, encoder: str, section: str) -> dict[str, dict]:
        """The tasks that a section's prompts are for, of classes or of an image's own choices."""
        if section == "robustness":
            corpora = self.config["robustness"]["own_choices"]
            return {name: self.own_choices(name) for name in corpora}
        if section != "zero_shot":
            return {}
        return settings_of(self.config["zero_shot"], encoder)["tasks"]

    def own_choices(self, corpus: str) -> dict:
        """The questions of a corpus, on every split that it is measured on."""
        splits = [split for name, split in self.places.splits() if name == corpus]
        return {"corpus": corpus, "splits": splits, "own_choices": True}

    def corpora(self, encoder: str, section: str) -> list[str]:
        """The corpora of `tasks`."""
        return list(dict.fromkeys(task["corpus"] for task in self.tasks(encoder, section).values()))

    def tables(self, encoder: str, section: str) -> dict[str, list[str]]:
        """Images and class names of `corpora`, by name and in their order."""
        files = {"images": "images.parquet", "classes": "classes.yaml"}
        return {
            part: [corpus_file(corpus, file) for corpus in self.corpora(encoder, section)]
            for part, file in files.items()
        }

    def own_captions(self, encoder: str) -> str:
        """The captions of the corpus that an encoder's arrays hold the embeddings of."""
        return corpus_file(self.config["encoders"][encoder]["corpus"], "captions.parquet")

    def given(self, encoder: str, section: str) -> list[str]:
        """The prompts that the study itself words, for an encoder."""
        found = []
        for entry in self.config["fairness"].values() if section == "fairness" else []:
            if encoder in entry["encoders"]:
                for prompts in [entry["classes"]["prompts"], *entry["probes"].values()]:
                    for texts in prompts.values():
                        found += [texts] if isinstance(texts, str) else texts
        return list(dict.fromkeys(found))

    def rephrased(self, encoder: str, section: str) -> list[tuple[str, str]]:
        """(corpus, split) of everything that an encoder is asked in other words."""
        if section != "rephrasing":
            return []
        places = self.places.section_places("rephrasing")
        return [(corpus, split) for name, corpus, split in places if name == encoder]

    def rephrasing(self, section: str) -> dict | None:
        """The settings of rephrasing, for its own prompts."""
        return self.config["rephrasing"] if section == "rephrasing" else None

    def rephrased_tables(self, encoder: str, section: str) -> dict[str, list[str]]:
        """Images, captions and classes of `rephrased`, by name and in their order."""
        return {
            f"rephrased_{file.split('.')[0]}": [
                corpus_file(corpus, file) for corpus, _ in self.rephrased(encoder, section)
            ]
            for file in ("images.parquet", "captions.parquet", "classes.yaml")
        }
