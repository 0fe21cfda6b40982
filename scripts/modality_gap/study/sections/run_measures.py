"""What is measured of every training run."""

from collections.abc import Iterator

from modality_gap.study.base import (
    ABSENT,
    Count,
    Keys,
    Name,
    Positive,
    Seed,
    Several,
    Templates,
    Text,
)
from modality_gap.study.corpora import without_pictures
from modality_gap.study.places import corpus_file
from modality_gap.study.runs import Runs


class Classes(Keys):
    """The classes of another corpus than the runs' own, and the splits of the linear probe."""

    corpus: Name
    train: Name
    test: Name
    label: Text
    templates: Templates = ABSENT
    train_items: Several = ABSENT


class PairMatching(Keys):
    """Pairs that differ in one pattern."""

    corpus: Name
    split: Name


class Section(Keys):
    """The pools that recall is measured in, how strong a linear probe is regularised, other corpora."""

    pool: Several
    draws: Count
    seed: Seed
    regularization: Positive
    classes: Classes = ABSENT
    pair_matching: PairMatching = ABSENT


DEFAULT = {"pool": 512, "draws": 10, "seed": 0, "regularization": 0.316}
# What a run may be measured by on another corpus than its own.
ELSEWHERE = ("classes", "pair_matching")


def places(section: dict) -> dict[str, dict]:
    """Where it names a corpus and its splits, by the key's path."""
    return {f"run_measures.{name}": section[name] for name in ELSEWHERE if name in section}


def broken(section: dict, study: dict) -> Iterator[str]:
    """A corpus without pictures, and classes beside those that runs have already."""
    for path, place in places(section).items():
        yield from without_pictures(f"{path}.corpus", place["corpus"], study["corpora"])
    for name, run in study["training"].items() if "classes" in section else ():
        if "classes" in study["corpora"].get(run["corpus"], {}):
            yield (
                f"run_measures.classes: corpora.{run['corpus']}, which {name} trains on, has classes "
                "of its own, expected one of both"
            )
            return


class RunMeasures:
    """What runs are measured by beside their own validation split. config: its defaults filled in.

    `elsewhere`: the measures that need another corpus.
    """

    def __init__(self, config: dict, runs: Runs):
        self.section, self.runs = config["run_measures"], runs
        self.elsewhere = [name for name in ELSEWHERE if name in self.section]

    def images(self, measure: str) -> str:
        """The images of the corpus of a measure."""
        return corpus_file(self.section[measure]["corpus"], "images.parquet")

    def captions(self, measure: str) -> str:
        """The captions of the corpus of a measure."""
        return corpus_file(self.section[measure]["corpus"], "captions.parquet")

    def class_names(self, measure: str) -> str:
        """The names of the classes of the corpus of a measure."""
        return corpus_file(self.section[measure]["corpus"], "classes.yaml")

    def task(self, measure: str) -> dict:
        """What is asked of the corpus of a measure."""
        return {key: value for key, value in self.section[measure].items() if key != "corpus"}

    def weights(self, run: str, seed: str) -> str:
        """The weights that a training ended with."""
        return f"<results>/training/{run}/{seed}/final.pt"

    def encoder(self, run: str) -> dict:
        """A run as an encoder's entry."""
        return {"kind": "run", "normalization": True, **self.runs.networks.of_run(run)}

    def classes(self, run: str) -> list[str]:
        """Embeddings with their class, a table a seed: of another corpus, or of the run's own."""
        return self.embedded(run, "classes") or self.runs.files("embeddings/classes.parquet", [run])

    def pairs(self, run: str) -> list[str]:
        """Embedded pairs that differ in one pattern, a table a seed, where the study asks for them."""
        return self.embedded(run, "pair_matching")

    def embedded(self, run: str, measure: str) -> list[str]:
        """What a measure needs of another corpus, a table a seed; none where the study does not ask."""
        if measure not in self.section:
            return []
        return self.runs.files(f"elsewhere/{measure}.parquet", [run])
