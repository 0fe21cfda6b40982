"""Linear probes of embedded images."""

from modality_gap.study.places import EMBEDDINGS, at, corpus_file


class LinearProbe:
    """The probes of a study. config: its defaults filled in."""

    def __init__(self, config: dict):
        self.tasks = config["linear_probe"]["tasks"]

    def files(self, encoder: str) -> dict[str, str | list[str]]:
        """Embedded training and test images of each probe, and their labels, by name."""
        found = {}
        for name, task in self.tasks.items():
            for part in ("train", "test"):
                place = (encoder, task["corpus"], task[part])
                found[f"{part}_{name}"] = at(EMBEDDINGS["images"], [place])
            found[f"labels_{name}"] = corpus_file(task["corpus"], "images.parquet")
        return found
