"""Ways to close the gap, side by side."""

from modality_gap.study.places import Places, embedding_files


class Mitigations:
    """What ways to close the gap are fitted on. config: the study, its defaults filled in."""

    def __init__(self, config: dict, places: Places):
        self.reference, self.places = config["mitigations"]["reference"], places

    def reference_files(self, encoder: str, corpus: str, split: str) -> list[str]:
        """The embeddings that a way to close is fitted on: of another split, or of this one."""
        same = self.reference == "same" or encoder in self.places.precomputed
        return embedding_files(encoder, corpus, split if same else self.reference)
