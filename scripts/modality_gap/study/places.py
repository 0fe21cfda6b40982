"""Where a study measures what: which encoder on which split of which corpus, and the tables of that."""

from collections.abc import Callable, Collection, Iterator

from modality_gap.study.corpora import of_arrays, pictured
from modality_gap.study.encoders import KINDS, paired, sides_of, takes_noise

EMBEDDINGS = {
    part: f"<results>/embeddings/{{encoder}}/{{corpus}}/{{split}}/{part}.parquet"
    for part in ("images", "texts", "pairs")
}
NOISE = {"corpus": "noise", "split": "all"}

Place = tuple[str, str, str]  # encoder, corpus, split


def fill(pattern: str, **values: str) -> str:
    """A pattern with some of its wildcards replaced; others stay."""
    for name, value in values.items():
        pattern = pattern.replace(f"{{{name}}}", value)
    return pattern


def at(pattern: str, places: Collection[Place]) -> list[str]:
    """A file for each (encoder, corpus, split)."""
    return [
        fill(pattern, encoder=encoder, corpus=corpus, split=split)
        for encoder, corpus, split in places
    ]


def embedding_files(encoder: str, corpus: str, split: str) -> list[str]:
    """Images, texts and pairs of an encoder on a split."""
    return [file for part in EMBEDDINGS.values() for file in at(part, [(encoder, corpus, split)])]


def corpus_file(corpus: str, name: str) -> str:
    """A file of a corpus: images.parquet, captions.parquet or classes.yaml."""
    return f"<results>/corpora/{corpus}/{name}"


def prompts_file(encoder: str, section: str) -> str:
    """The embedded prompts of a section."""
    return f"<results>/embeddings/{encoder}/prompts/{section}.parquet"


class Places:
    """What a study measures, in the order of the study.

    config: the study, its defaults filled in. `precomputed`, of these `described` (whose corpus says
    what their rows are) and `pairs` (of which only that is known), `backbones` (networks of one
    modality), `networks` (of both) and `paired` (whatever has both, and so a gap) are encoders' names.
    """

    def __init__(self, config: dict):
        self.config = config
        self.corpora, self.encoders = config["corpora"], config["encoders"]
        kinds = {name: encoder["kind"] for name, encoder in self.encoders.items()}
        self.precomputed = [name for name, kind in kinds.items() if kind == "precomputed"]
        arrays = of_arrays(self.corpora)
        self.described = [n for n in self.precomputed if self.encoders[n]["corpus"] in arrays]
        self.pairs = [name for name in self.precomputed if name not in self.described]
        self.paired = paired(self.encoders)
        self.backbones = [name for name in kinds if name not in self.paired]
        self.networks = [name for name in self.paired if name not in self.precomputed]

    def evaluations(self, encoders: Collection[str] | None = None) -> Iterator[Place]:
        """Every place that the study measures, of these encoders; default: those of both modalities."""
        for name in self.paired if encoders is None else encoders:
            encoder = self.encoders[name]
            if name in self.pairs:
                yield name, encoder["corpus"], "all"
                continue
            own = KINDS[encoder["kind"]].embeds(encoder, self.config)
            for corpus in encoder.get("corpora", own):
                for split in self.corpora[corpus].get("evaluate", []):
                    if split in encoder.get("splits", [split]):
                        yield name, corpus, split

    def splits(self, encoders: Collection[str] | None = None) -> list[tuple[str, str]]:
        """Every (corpus, split) that some of these encoders is measured on, in order."""
        found = self.evaluations(encoders)
        return list(dict.fromkeys((corpus, split) for _, corpus, split in found))

    def pictured_splits(self) -> list[tuple[str, str]]:
        """Those of `splits` whose corpus has pictures."""
        return [place for place in self.splits() if place[0] in pictured(self.corpora)]

    def encoders_on(
        self, corpus: str, split: str, encoders: Collection[str] | None = None
    ) -> list[str]:
        """The encoders measured on a split, each right after the one that it started from."""
        here = [name for name, *place in self.evaluations(encoders) if place == [corpus, split]]

        def order(name):
            initial = self.encoders[name].get("initial")
            return here.index(initial if initial in here else name), initial is not None

        return sorted(here, key=order)

    def initials_on(
        self, corpus: str, split: str, encoders: Collection[str] | None = None
    ) -> list[str | None]:
        """For each of `encoders_on`, the encoder that it started from, or None."""
        names = self.encoders_on(corpus, split, encoders)
        return [self.encoders[name].get("initial") for name in names]

    def tables_on(
        self, pattern: str, encoders: Collection[str] | None = None
    ) -> Callable[[str, str], list[str]]:
        """The tables of `encoders_on` as a function of corpus and split."""

        def tables(corpus, split):
            return [
                fill(pattern, encoder=name, corpus=corpus, split=split)
                for name in self.encoders_on(corpus, split, encoders)
            ]

        return tables

    def keys(self, encoders: Collection[str] | None = None) -> list[dict]:
        """Encoder, initial, corpus and split of everything that is measured, split by split."""
        return [
            {
                "encoder": name,
                "initial": self.encoders[name].get("initial"),
                "corpus": corpus,
                "split": split,
            }
            for corpus, split in self.splits(encoders)
            for name in self.encoders_on(corpus, split, encoders)
        ]

    def tables(self, pattern: str, encoders: Collection[str] | None = None) -> list[str]:
        """A table for each of `keys`, in their order."""
        keys = self.keys(encoders)
        return at(pattern, [(key["encoder"], key["corpus"], key["split"]) for key in keys])

    def amended(self, encoder: str) -> bool:
        """Whether an encoder is of a run whose start was turned so that it has no gap."""
        run = self.config["training"].get(self.encoders[encoder].get("run"), {})
        return run.get("initialization", "random") != "random"

    def sides(self, encoder: str) -> list[str]:
        """Which of images and texts an encoder embeds."""
        return list(sides_of(self.encoders[encoder]))

    def side_embeddings(self, encoder: str) -> dict[str, str]:
        """The embeddings of an encoder's modalities on a split, by name."""
        return {side: EMBEDDINGS[side] for side in self.sides(encoder)}

    def last_sides(self) -> list[str]:
        """One side of everything that is measured, texts where there are any: it says what was cut."""
        return [
            file
            for place in self.evaluations(self.encoders)
            for file in at(EMBEDDINGS[self.sides(place[0])[-1]], [place])
        ]

    def corpus_tables(self, corpus: str) -> dict[str, str]:
        """The two tables of a corpus, by name; noise has none."""
        if corpus == NOISE["corpus"]:
            return {}
        return {name: corpus_file(corpus, f"{name}.parquet") for name in ("images", "captions")}

    def noise_encoders_on(self, corpus: str, split: str) -> list[str]:
        """The encoders on a split, of one modality too, that noise is given to, where there is any."""
        names = self.encoders_on(corpus, split, self.encoders)
        if "noise" not in self.config:
            return []
        return [name for name in names if takes_noise(self.encoders[name])]

    def noise(self) -> list[Place]:
        """The noise of every encoder that is given some, of one modality too."""
        splits = self.splits(self.encoders)
        names = [name for place in splits for name in self.noise_encoders_on(*place)]
        return [(name, *NOISE.values()) for name in dict.fromkeys(names)]

    def noise_tables_on(self, pattern: str) -> Callable[[str, str], list[str]]:
        """The tables of `noise_encoders_on` on noise, as a function of corpus and split."""

        def tables(corpus, split):
            names = self.noise_encoders_on(corpus, split)
            return at(pattern, [(name, *NOISE.values()) for name in names])

        return tables

    def section_places(self, section: str) -> list[Place]:
        """Every place that a section measures, which names its encoders, and its corpora or all."""
        asked = self.section_encoders_on(section)
        return [
            (encoder, corpus, split)
            for corpus, split in self.splits()
            for encoder in asked(corpus, split)
        ]

    def section_splits(self, section: str) -> list[tuple[str, str]]:
        """(corpus, split) of everything that a section measures, each once, in order."""
        places = self.section_places(section)
        return list(dict.fromkeys((corpus, split) for _, corpus, split in places))

    def section_encoders_on(self, section: str) -> Callable[[str, str], list[str]]:
        """The encoders that a section measures, as a function of corpus and split."""

        def encoders(corpus, split):
            own = self.config[section]
            if corpus not in own.get("corpora", [corpus]):
                return []
            return [name for name in self.encoders_on(corpus, split) if name in own["encoders"]]

        return encoders

    def section_tables_on(self, section: str, pattern: str) -> Callable[[str, str], list[str]]:
        """The tables of `section_encoders_on`, as a function of corpus and split."""

        def tables(corpus, split):
            names = self.section_encoders_on(section)(corpus, split)
            return at(pattern, [(name, corpus, split) for name in names])

        return tables
