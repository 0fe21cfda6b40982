"""Comparisons of groups while the images move."""

from modality_gap.study.places import EMBEDDINGS, at, corpus_file, embedding_files


class Fairness:
    """The comparisons of groups of a study. config: its defaults filled in."""

    def __init__(self, config: dict):
        self.comparisons = config["fairness"]

    def settings(self, fairness: str) -> dict:
        """One comparison of groups."""
        return self.comparisons[fairness]

    def places(self) -> list[tuple[str, str]]:
        """(encoder, comparison of groups) of all of them."""
        return [
            (encoder, name)
            for name, entry in self.comparisons.items()
            for encoder in entry["encoders"]
        ]

    def tables(self, name: str) -> list[str]:
        """A table of every comparison of groups."""
        return [
            f"<results>/fairness/{encoder}/{fairness}/{name}.parquet"
            for encoder, fairness in self.places()
        ]

    def images(self, encoder: str, fairness: str) -> list[str]:
        """The embedded images of a comparison of groups."""
        entry = self.comparisons[fairness]
        places = [(encoder, entry["corpus"], split) for split in entry["splits"]]
        return at(EMBEDDINGS["images"], places)

    def labels(self, fairness: str) -> str:
        """The labels of the images of a comparison of groups."""
        return corpus_file(self.comparisons[fairness]["corpus"], "images.parquet")

    def reference(self, encoder: str, fairness: str) -> list[str]:
        """The embeddings whose gap the images move along, if others."""
        direction = self.comparisons[fairness]["direction"]
        if direction == "task":
            return []
        return embedding_files(encoder, direction["corpus"], direction["split"])
