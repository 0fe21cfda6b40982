"""The encoders of a study: a class a kind, with its keys and what it refers to."""

import re
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Annotated, Any, ClassVar

from pydantic import Field

from modality_gap.models.architectures import published
from modality_gap.study.base import (
    ABSENT,
    Address,
    Keys,
    Name,
    Names,
    Seed,
    Sha256,
    Text,
    by,
    distinct,
    one_of,
    said,
    text_or,
)
from modality_gap.study.corpora import holding, of_arrays, without_pictures
from modality_gap.study.errors import Unknown, unknown

Channel = Annotated[float, Field(ge=0, le=1)]
Deviation = Annotated[float, Field(gt=0, le=1)]
PATTERN = {*"*?["}  # what makes a name a pattern of names
REPOSITORY = re.compile(r"(\w[\w.-]*/)?\w[\w.-]*")
Repository = Annotated[
    str,
    said(
        REPOSITORY.fullmatch, "a name on the Hugging Face hub, such as openai/clip-vit-base-patch32"
    ),
]


class Preprocessing(Keys):
    """How pixels become a network's input; in words: that of a pretrained tag."""

    mean: Annotated[list[Channel], Field(min_length=3, max_length=3)]
    std: Annotated[list[Deviation], Field(min_length=3, max_length=3)]
    interpolation: one_of("bicubic", "bilinear")
    resize_mode: one_of("shortest", "longest", "squash")


class Encoder(Keys):
    """What turns a corpus into embeddings.

    SIDES: of which modalities. FOLDER: what the folder of a kind that has one is, and a file in it.
    FILES: the keys by which a user's own files are named; LOOKS_AT: what is read of a folder.
    LIBRARIES: what it is built with beside open_clip; None: as its architecture says. NOISE: whether
    it can be given noise. ITEMS: what a corpus must hold for it, see `Corpus.ITEMS`.
    """

    SIDES: ClassVar[tuple[str, ...]] = ("images", "texts")
    FOLDER: ClassVar[tuple[str, str]] = ("", "")
    FILES: ClassVar[tuple[str, ...]] = ("file",)
    LOOKS_AT: ClassVar[tuple[tuple[str, ...], ...]] = (("**/*",),)
    LIBRARIES: ClassVar[tuple[str, ...] | None] = None
    NOISE: ClassVar[bool] = True
    ITEMS: ClassVar[tuple[str, ...]] = ("pictures",)

    kind: str
    corpora: Names = ABSENT
    splits: Names = ABSENT

    @classmethod
    def embeds(cls, entry: dict, study: dict) -> Iterable[str]:
        """The corpora that an encoder can embed, or has embedded."""
        return holding(study["corpora"], *cls.ITEMS)

    @classmethod
    def stands_for(cls, name: str, entry: dict, study: dict) -> dict[str, dict]:
        """The entries that one stands for, by name; most for themselves."""
        return {name: entry}

    @classmethod
    def broken(cls, path: str, entry: dict, study: dict) -> Iterator[str]:
        """What a kind alone refers to and the study does not have."""
        yield from ()


class Pretrained(Encoder):
    """An architecture of open_clip with published weights; by patterns, all that match them."""

    architecture: Text
    tag: Text
    initial: Name = ABSENT
    normalization: bool = True

    @classmethod
    def stands_for(cls, name: str, entry: dict, study: dict) -> dict[str, dict]:
        """One of each architecture and tag that match; it is called by both."""
        names = entry["architecture"], entry["tag"]
        if not any(set(text) & PATTERN for text in names):
            return {name: entry}
        return {
            f"{architecture}_{tag}": entry | {"architecture": architecture, "tag": tag}
            for architecture, tag in published(*names)
        }


class Checkpoint(Encoder):
    """An architecture of open_clip with a user's own weights."""

    architecture: Text
    file: Text
    preprocessing: text_or(Preprocessing, Text) = ABSENT
    quick_gelu: bool = ABSENT
    part: str = ABSENT
    interpolate: bool = False
    initial: Name = ABSENT
    normalization: bool = True


class Random(Encoder):
    """An architecture of open_clip as it is drawn."""

    architecture: Text
    seed: Seed
    normalization: bool = True


class Run(Encoder):
    """A training run of the study, before or after."""

    run: Name
    weights: one_of("initial", "final")
    seed: Seed = ABSENT
    initial: Name = ABSENT
    normalization: bool = True

    @classmethod
    def broken(cls, path: str, entry: dict, study: dict) -> Iterator[str]:
        """A run, or one of its seeds, that there is not."""
        yield from unknown(f"{path}.run", entry["run"], study["training"])
        if "seed" in entry:
            seeds = study["training"][entry["run"]]["seeds"]
            yield from unknown(f"{path}.seed", entry["seed"], seeds)


Pair = Annotated[list[Text], Field(min_length=2, max_length=2)]
# Part of the names of encoders and corpora, and a word of figures and sentences.
Modality = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*$", max_length=40)]
Arrays = Annotated[dict[Modality, Text], Field(min_length=3)]
Modalities = distinct(Modality, least=2, most=2)


class Transformers(Encoder):
    """A model of images and texts that Hugging Face's transformers saved."""

    FOLDER = ("model of transformers", "config.json")
    LIBRARIES = ("timm", "transformers")
    ONE_OF = (("folder",), ("hub",))

    folder: Text = ABSENT
    hub: Repository = ABSENT
    seed: Seed = ABSENT
    initial: Name = ABSENT


class Python(Encoder):
    """A user's own file that encodes images and texts."""

    LIBRARIES = ("timm", "transformers")
    NOISE = False
    ITEMS = ("pictures", "files")
    FILES = ("file", "conda")

    file: Text
    arguments: dict[str, Any] = Field(default={})
    conda: Text = ABSENT
    initial: Name = ABSENT


class Precomputed(Keys):
    """Embeddings that a user brings; `arrays` of three modalities or more stand for all their pairs."""

    ONE_OF = (("file",), ("files",), ("arrays",), ("folder",), ("url", "sha256"))
    NEEDS: ClassVar[dict[str, str]] = {"modalities": "files"}
    FOLDER: ClassVar[tuple[str, str]] = ("embeddings of clip-retrieval", "img_emb")
    LOOKS_AT: ClassVar[tuple[tuple[str, ...], ...]] = (
        ("img_emb/img_emb_*.npy",),
        ("text_emb/text_emb_*.npy",),
    )
    SIDES: ClassVar[tuple[str, ...]] = Encoder.SIDES
    FILES: ClassVar[tuple[str, ...]] = ("file", "files", "prompts")
    NOISE: ClassVar[bool] = False

    kind: str
    corpus: Name
    file: Text = ABSENT
    files: Pair = ABSENT
    arrays: Arrays = ABSENT
    modalities: Modalities = ABSENT
    folder: Text = ABSENT
    url: Address = ABSENT
    sha256: Sha256 = ABSENT
    prompts: text_or(Pair, Text) = ABSENT
    initial: Name = ABSENT

    @classmethod
    def stands_for(cls, name: str, entry: dict, study: dict) -> dict[str, dict]:
        """Of arrays of several modalities one for each pair, in a corpus of its own.

        Raises ValueError where the corpus is one whose rows are pairs of images and texts.
        """
        if "arrays" not in entry:
            return {name: entry}
        corpus, arrays = entry["corpus"], entry["arrays"]
        if corpus in study.get("corpora", {}):
            raise ValueError(
                f"corpus {corpus!r} is one of images and texts, expected another name beside `arrays`: "
                "the name of what was embedded"
            )
        others = {key: value for key, value in entry.items() if key not in ("arrays", "initial")}
        found = {}
        for pair in combinations(arrays, 2):
            own = others | {"corpus": ".".join([corpus, *pair]), "modalities": [*pair]}
            if "initial" in entry:
                own["initial"] = ".".join([entry["initial"], *pair])
            found[".".join([name, *pair])] = own | {"files": [arrays[one] for one in pair]}
        return found

    @classmethod
    def embeds(cls, entry: dict, study: dict) -> Iterable[str]:
        """The corpus whose rows the arrays hold, if the study knows what these are."""
        return [entry["corpus"]] if entry["corpus"] in of_arrays(study["corpora"]) else []

    @classmethod
    def broken(cls, path: str, entry: dict, study: dict) -> Iterator[str]:
        """A name that means something else, or prompts for images of which nothing is known."""
        if entry["corpus"] == "noise":
            yield f"{path}.corpus: noise is taken by noise as input, expected another name"
        others = [
            other for other in study["encoders"].values() if other.get("corpus") == entry["corpus"]
        ]
        for other in others:
            if other.get("modalities") != entry.get("modalities"):
                yield (
                    f"{path}.modalities: {entry.get('modalities')}, but an encoder of the same corpus has "
                    f"{other.get('modalities')}, expected one corpus for each pair of modalities"
                )
        if "prompts" in entry and not cls.embeds(entry, study):
            yield from unknown(f"{path}.corpus", entry["corpus"], of_arrays(study["corpora"]))


class ImageBackbone(Encoder):
    """A network of images alone, of torchvision or timm."""

    SIDES = ("images",)
    ONE_OF = (("tag",), ("file",), ("seed",))
    NEEDS: ClassVar[dict[str, str]] = {"preprocessing": "file", "part": "file"}

    library: one_of("torchvision", "timm")
    architecture: Text
    tag: Text = ABSENT
    file: Text = ABSENT
    preprocessing: text_or(Preprocessing, Text) = ABSENT
    part: str = ABSENT
    seed: Seed = ABSENT
    initial: Name = ABSENT


class SentenceTransformer(Encoder):
    """A network of texts alone, saved by sentence-transformers."""

    SIDES = ("texts",)
    ITEMS = ("pictures", "files")  # whose captions it reads
    FOLDER = ("sentence transformer", "modules.json")

    folder: Text
    seed: Seed = ABSENT
    initial: Name = ABSENT


KINDS: dict[str, type[Encoder] | type[Precomputed]] = {
    "pretrained": Pretrained,
    "checkpoint": Checkpoint,
    "random": Random,
    "run": Run,
    "transformers": Transformers,
    "python": Python,
    "precomputed": Precomputed,
    "image_backbone": ImageBackbone,
    "sentence_transformer": SentenceTransformer,
}
# Kinds that training may go on from.
TRAINABLE = ("pretrained", "checkpoint", "random", "run")
Section = dict[Name, by("kind", KINDS)]


def has_random_weights(entry: dict) -> bool:
    """Whether an encoder's weights are as they were drawn."""
    return "seed" in entry or entry.get("weights") == "initial"


def sides_of(entry: dict) -> tuple[str, ...]:
    """Which of images and texts an encoder embeds."""
    return KINDS[entry["kind"]].SIDES


def takes_noise(entry: dict) -> bool:
    """Whether an encoder can be given noise."""
    return KINDS[entry["kind"]].NOISE


def spread(study: dict) -> dict[str, list[str]]:
    """Replace, in a study, encoders that stand for several by those; which they are, by name.

    The same in every list of encoders. study: of right types. Raises ValueError, with the entry's
    name, where it stands for none, or for one that another entry is or stands for.
    """
    found, several = {}, {}
    for name, entry in study.get("encoders", {}).items():
        try:
            stands = KINDS[entry["kind"]].stands_for(name, entry, study)
        except ValueError as error:
            raise ValueError(f"encoders.{name}: {error}") from error
        twice = sorted(stands.keys() & found.keys())
        if twice:
            raise ValueError(f"encoders.{name}: stands for {twice[0]}, which is there already")
        found |= stands
        if list(stands) != [name]:
            several[name] = list(stands)
    if several:
        study["encoders"] = found
        for section in study.values():
            spread_names(section, several)
    return several


def spread_names(part: Any, several: dict[str, list[str]]) -> None:
    """Replace, in the lists of encoders of a part of a study, names that stand for several."""
    for key, value in part.items() if isinstance(part, dict) else ():
        if key == "encoders" and isinstance(value, list):
            named = [one for name in value for one in several.get(name, [name])]
            part[key] = list(dict.fromkeys(named))
        spread_names(value, several)


def broken(encoders: dict, study: dict) -> Iterator[str]:
    """What an encoder names and the study does not have."""
    for name, entry in encoders.items():
        path, kind = f"encoders.{name}", KINDS[entry["kind"]]
        corpora = {corpus: study["corpora"][corpus] for corpus in kind.embeds(entry, study)}
        if "initial" in entry:
            starts = [
                other for other in encoders if other != name and "initial" not in encoders[other]
            ]
            yield from unknown(f"{path}.initial", entry["initial"], starts)
        yield from kind.broken(path, entry, study)
        for corpus in entry.get("corpora", []):
            if corpus in holding(study["corpora"], "files") and corpus not in corpora:
                yield f"{path}.corpora: {corpus} has `items: files`, and kind {entry['kind']} reads pictures"
            yield from unknown(f"{path}.corpora", corpus, corpora)
        splits = [split for corpus in corpora.values() for split in corpus.get("evaluate", [])]
        for split in entry.get("splits", []):
            yield from unknown(f"{path}.splits", split, splits)
        if entry["kind"] != "precomputed" and not corpora:
            needed = " or ".join(kind.ITEMS)
            yield f"{path}: needs a corpus to encode, but the study has no corpora of {needed}"


def paired(encoders: dict) -> list[str]:
    """The encoders of both modalities."""
    return [name for name, entry in encoders.items() if len(sides_of(entry)) == 2]


def asked_of(task: dict, section: dict) -> list[str]:
    """The encoders that a task of a section asks: its own, or all of the section."""
    return task.get("encoders", section["encoders"])


def settings_of(section: dict, encoder: str) -> dict:
    """What a section with tasks says of one encoder: its own tasks, and nothing of other encoders."""
    tasks = {
        name: {key: value for key, value in task.items() if key != "encoders"}
        for name, task in section["tasks"].items()
        if encoder in asked_of(task, section)
    }
    return {key: value for key, value in section.items() if key != "encoders"} | {"tasks": tasks}


def broken_tasks(name: str, section: dict) -> Iterator[str]:
    """Encoders of tasks that the section does not have, and encoders that no task asks."""
    for task, entry in section["tasks"].items():
        for encoder in entry.get("encoders", []):
            yield from unknown(f"{name}.tasks.{task}.encoders", encoder, section["encoders"])
    named = {one for task in section["tasks"].values() for one in asked_of(task, section)}
    for encoder in section["encoders"]:
        if encoder not in named:
            yield Unknown(
                f"{name}.encoders: no task asks {encoder!r}, expected one that does", encoder
            )


def asked(encoders: dict) -> list[str]:
    """Those of `paired` that can be asked with a prompt."""
    return [
        name
        for name in paired(encoders)
        if encoders[name]["kind"] != "precomputed" or "prompts" in encoders[name]
    ]


def strangers(path: str, encoders: list[str], corpus: str, study: dict) -> Iterator[str]:
    """What cannot be asked of these encoders (none: of networks), since they do not have the corpus."""
    if not encoders:
        yield from without_pictures(f"{path}.corpus", corpus, study["corpora"])
    for name in encoders:
        entry = study["encoders"][name]
        if corpus not in KINDS[entry["kind"]].embeds(entry, study):
            yield (
                f"{path}.corpus: encoder {name!r} does not have {corpus!r}: arrays have the corpus of "
                "their own that `reader: arrays` describes, networks those with pictures, and kind: "
                "python these and `items: files`"
            )
