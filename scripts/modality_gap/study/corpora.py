"""The corpora of a study: a class a reader, with its keys, its downloads, what it reads in a folder.

Nothing here reads data, so that planning is fast. A reader without `downloads` reads files that its
users must get by hand.
"""

from collections.abc import Iterator
from glob import escape
from typing import Annotated, ClassVar

from pydantic import Field

from modality_gap.data import published
from modality_gap.study.base import (
    ABSENT,
    Address,
    Count,
    Hash,
    Keys,
    Name,
    Names,
    Seed,
    Several,
    Share,
    Templates,
    Text,
    Texts,
    by,
    distinct,
    one_of,
    text_or,
)
from modality_gap.study.errors import unknown

VENDORS = ("noto", "twemoji", "openmoji", "fluent-emoji-flat")
EMOJI_SPLITS = ("train", "held_out_concepts", "held_out_vendor", "held_out_both", "all")


class CorpusClasses(Keys):
    """The classes of a corpus, for what is measured of training runs."""

    label: Text
    templates: Templates
    train_items: Several


class Corpus(Keys):
    """What every corpus has. OPTIONS: the keys that its reader sees.

    ITEMS: what is embedded, if its entry does not say: `pictures`; `files` of any other kind, which
    nothing here decodes; `arrays`, which hold embeddings alone. FILES: the keys by which a user's
    own files are named; COLUMNS: what a table among them, its `file`, must have.
    LOOKS_AT: what a reader looks at in a folder, relative to it, for each split where {split}
    occurs; of the patterns in a row the first one that matches a file counts, as for the reader.
    DOWNLOADS: address and hash of each file that is downloaded, by its name.
    """

    ITEMS: ClassVar[str] = "pictures"
    FILES: ClassVar[tuple[str, ...]] = ("file",)
    COLUMNS: ClassVar[tuple[str, ...]] = ()
    OPTIONS: ClassVar[tuple[str, ...]] = ()
    LOOKS_AT: ClassVar[tuple[tuple[str, ...], ...]] = ()
    DOWNLOADS: ClassVar[dict[str, dict]] = {}

    reader: str
    classes: CorpusClasses = ABSENT
    matched_caption: one_of("first", "last", "random", "all") = ABSENT
    matched_seed: Seed = ABSENT
    only_matched: bool = ABSENT

    @classmethod
    def splits_of(cls, entry: dict) -> list[str]:
        """The splits that a corpus has, where its entry tells: a table's own are in its file."""
        return list(dict.fromkeys([*entry["splits"], "all"])) if "splits" in entry else []

    @classmethod
    def downloads(cls, options: dict, splits: list[str]) -> dict[str, dict]:
        """What is downloaded, DOWNLOADS if no reader says otherwise. options: the corpus's own entry."""
        return cls.DOWNLOADS

    @classmethod
    def looks_at(cls, options: dict, splits: list[str]) -> list[tuple[str, ...]]:
        """LOOKS_AT, filled in."""
        return filled(cls.LOOKS_AT, splits)


def filled(rows: tuple, splits: list[str], **values: str) -> list[tuple[str, ...]]:
    """Patterns with their wildcards replaced, for each split, each once."""
    found = [
        tuple(pattern.format(split=split, **values) for pattern in alternatives)
        for alternatives in rows
        for split in splits
    ]
    return list(dict.fromkeys(found))


class Emoji(Corpus):
    """Drawings of emoji, with Unicode's labels."""

    vendors: distinct(one_of(*VENDORS))
    held_out_vendor: one_of(*VENDORS, None)
    held_out_concepts: Share
    image_size: Annotated[int, Field(ge=8, le=1024)]
    seed: Seed
    captions: distinct(one_of("label", "tags", "drawing", "subgroup", "group")) = Field(["label"])
    evaluate: distinct(one_of(*EMOJI_SPLITS))

    @classmethod
    def splits_of(cls, entry: dict) -> list[str]:
        """The splits that hold-outs make."""
        return list(EMOJI_SPLITS)


class Table(Corpus):
    """A user's own images and captions."""

    COLUMNS = ("image", "caption")

    file: Text
    items: one_of("pictures", "files") = ABSENT
    evaluate: Names


class Arrays(Corpus):
    """What is known of the rows of a user's arrays, of which there are no pictures."""

    ONE_OF = (("file",), ("folder",))
    ITEMS = "arrays"
    FILES = ("file", "texts")
    LOOKS_AT = (("metadata/metadata_*.parquet",),)

    file: Text = ABSENT
    folder: Text = ABSENT
    texts: Text = ABSENT
    captioned_by: Text = ABSENT
    evaluate: Names = Field(["all"])


class Source(Corpus):
    """A public data set: what all of them have."""

    folder: Text = ABSENT
    first: Count = ABSENT
    evaluate: distinct(Name, least=0) = Field([])


class Download(Source):
    """A public data set that is downloaded."""

    mirror: Address = ABSENT
    checksums: dict[str, Hash] = ABSENT


class Webdataset(Source):
    """A webdataset in the layout of CLIP_benchmark."""

    ONE_OF = (("url",), ("folder",))
    LOOKS_AT = (
        ("dataset_type.txt",),
        ("classnames.txt",),
        ("zeroshot_classification_templates.txt",),
        ("{split}/nshards.txt",),
        ("{split}/*.tar",),
    )

    splits: Names
    url: Address = ABSENT


class Folder(Source):
    """Pictures in folders of their classes, or with their captions beside them."""

    folder: Text
    splits: Names = Field(["all"])

    @classmethod
    def looks_at(cls, options: dict, splits: list[str]) -> list[tuple[str, ...]]:
        """All that is below the folder, or below those of the splits."""
        return [("**/*",) if split == "all" else (f"{escape(split)}/**/*",) for split in splits]


class Datasets(Source):
    """A data set as the package datasets saves it, or as the hub has it."""

    OPTIONS = ("image", "caption", "label")
    ONE_OF = (("caption",), ("label",))
    LOOKS_AT = (("**/*",),)  # pictures that it names by path, too

    folder: Text
    splits: Names = Field(["all"])
    image: Text = ABSENT
    caption: Text = ABSENT
    label: Text = ABSENT


class Cifar10(Download):
    """CIFAR-10, one archive of all of it."""

    DOWNLOADS = published.CIFAR10
    LOOKS_AT = (("cifar-10-binary.tar.gz",),)

    splits: distinct(one_of("train", "test"))


class Cifar100(Download):
    """CIFAR-100, one archive of all of it."""

    DOWNLOADS = published.CIFAR100
    LOOKS_AT = (("cifar-100-binary.tar.gz",),)

    splits: distinct(one_of("train", "test"))


class Svhn(Download):
    """SVHN."""

    LOOKS_AT = (("{split}_32x32.mat",),)

    splits: distinct(one_of("train", "test", "extra"))

    @classmethod
    def downloads(cls, options: dict, splits: list[str]) -> dict[str, dict]:
        """A file a split of SVHN; the reader tells of a split that there is not."""
        return published.svhn_files(splits)


class Eurosat(Download):
    """EuroSAT's RGB images, at a fixed version of their copy by TorchGeo."""

    DOWNLOADS = published.EUROSAT
    LOOKS_AT = (("EuroSAT.zip",),)

    splits: distinct(one_of("all"))


class Imagenet(Source):
    """ImageNet: its users must get it by hand."""

    OPTIONS = ("names",)
    LOOKS_AT = (
        ("ILSVRC2012_devkit_t12.tar.gz",),
        ("ILSVRC2012_img_val.tar", "**/ILSVRC2012_val_*.JPEG"),
    )

    folder: Text
    splits: distinct(one_of("val"))
    names: text_or(Texts, one_of("openai", "wordnet")) = ABSENT


class Fairface(Download):
    """FairFace."""

    OPTIONS = ("padding",)
    LOOKS_AT = (
        ("fairface_label_{split}.csv",),
        (
            "fairface-img-margin{margin}-trainval/**/{split}/*.jpg",
            "fairface-img-margin{margin}-trainval.zip",
        ),
    )

    splits: distinct(one_of("train", "val"))
    padding: one_of(0.25, 1.25) = ABSENT

    @classmethod
    def downloads(cls, options: dict, splits: list[str]) -> dict[str, dict]:
        """Labels and images of FairFace."""
        return published.fairface_files(options.get("padding", 0.25), splits)

    @classmethod
    def looks_at(cls, options: dict, splits: list[str]) -> list[tuple[str, ...]]:
        """LOOKS_AT at the margin of the images."""
        margin = f"{round(100 * options.get('padding', 0.25)):03d}"
        return filled(cls.LOOKS_AT, splits, margin=margin)


class HatefulMemes(Source):
    """Hateful Memes."""

    OPTIONS = ("unlabelled",)
    LOOKS_AT = (("{split}.jsonl",), ("img/*",))

    folder: Text
    splits: distinct(
        one_of("train", "dev", "test", "dev_seen", "dev_unseen", "test_seen", "test_unseen")
    )
    unlabelled: bool = ABSENT


class Coco(Download):
    """MSCOCO."""

    OPTIONS = ("release",)
    LOOKS_AT = (
        ("annotations/captions_{split}{release}.json", "annotations_trainval{release}.zip"),
        ("{split}{release}/*", "{split}{release}.zip"),
    )
    KARPATHY_LOOKS_AT: ClassVar = (
        ("dataset_coco.json", "caption_datasets.zip"),
        ("train2014/*", "train2014.zip"),
        ("val2014/*", "val2014.zip"),
    )

    release: one_of(2014, 2017, "karpathy")
    splits: distinct(one_of("train", "restval", "val", "test"))

    @classmethod
    def downloads(cls, options: dict, splits: list[str]) -> dict[str, dict]:
        """Images and captions of MSCOCO."""
        return published.coco_files(str(options.get("release", "2017")), splits)

    @classmethod
    def looks_at(cls, options: dict, splits: list[str]) -> list[tuple[str, ...]]:
        """What is looked at of a release, or of Karpathy's split."""
        release = str(options["release"])
        if release == "karpathy":
            return filled(cls.KARPATHY_LOOKS_AT, splits)
        return filled(cls.LOOKS_AT, splits, release=release)


class Flickr30k(Source):
    """Flickr30k."""

    LOOKS_AT = (
        ("results_20130124.token",),
        ("dataset_flickr30k.json", "caption_datasets.zip"),
        ("flickr30k-images/*", "flickr30k-images.tar"),
    )

    folder: Text
    splits: distinct(one_of("train", "val", "test", "all"))


class Cc3m(Source):
    """Conceptual Captions."""

    LOOKS_AT = (
        ("Train_GCC-training.tsv",),
        ("Validation_GCC-1.1.0-Validation.tsv",),
        ("{split}/*.tar", "{split}/*"),
    )

    folder: Text
    splits: distinct(one_of("training", "validation"))


class Aokvqa(Download):
    """A-OKVQA."""

    LOOKS_AT = (
        ("aokvqa_v1p0_{split}.json", "aokvqa_v1p0.tar.gz"),
        ("{split}2017/*", "{split}2017.zip"),
    )

    splits: distinct(one_of("train", "val"))

    @classmethod
    def downloads(cls, options: dict, splits: list[str]) -> dict[str, dict]:
        """The questions of A-OKVQA, and the images of MSCOCO that they are about."""
        return {
            "aokvqa_v1p0.tar.gz": published.AOKVQA,
            **published.coco_archives([f"{s}2017.zip" for s in splits]),
        }


class MmvpVlm(Source):
    """MMVP-VLM."""

    LOOKS_AT = (("Questions.csv",), ("MLLM_VLM Images/*/*.jpg",))

    folder: Text
    splits: distinct(one_of("test"))


READERS: dict[str, type[Corpus]] = {
    "emoji": Emoji,
    "table": Table,
    "arrays": Arrays,
    "webdataset": Webdataset,
    "folder": Folder,
    "datasets": Datasets,
    "cifar10": Cifar10,
    "cifar100": Cifar100,
    "svhn": Svhn,
    "eurosat": Eurosat,
    "imagenet": Imagenet,
    "fairface": Fairface,
    "hateful_memes": HatefulMemes,
    "coco": Coco,
    "flickr30k": Flickr30k,
    "cc3m": Cc3m,
    "aokvqa": Aokvqa,
    "mmvp_vlm": MmvpVlm,
}
Section = dict[Name, by("reader", READERS)]


def splits_of(entry: dict) -> list[str]:
    """The splits that a corpus has, where its entry tells."""
    return READERS[entry["reader"]].splits_of(entry)


def holding(corpora: dict, *items: str) -> dict:
    """The corpora whose items are of one of these kinds, see `Corpus.ITEMS`."""
    return {
        name: entry
        for name, entry in corpora.items()
        if entry.get("items", READERS[entry["reader"]].ITEMS) in items
    }


def pictured(corpora: dict) -> dict:
    """The corpora that networks can embed."""
    return holding(corpora, "pictures")


def of_arrays(corpora: dict) -> dict:
    """Those that arrays alone hold the embeddings of."""
    return holding(corpora, "arrays")


def without_pictures(path: str, corpus: str, corpora: dict) -> Iterator[str]:
    """The complaint about a corpus that is not there, or has none of the pictures that it must have."""
    yield from unknown(path, corpus, corpora)
    if corpus not in pictured(corpora):
        yield f"{path}: {corpus} has no pictures, expected a corpus that has them"


def broken(corpora: dict, study: dict) -> Iterator[str]:
    """What a corpus evaluates and does not have, or is called and may not be."""
    for name, entry in corpora.items():
        for split in entry.get("evaluate", []) if "splits" in entry else []:
            yield from unknown(f"corpora.{name}.evaluate", split, splits_of(entry))
        if {"texts", "captioned_by"} <= {*entry}:
            yield f"corpora.{name}: captioned_by beside texts, whose column caption has the words"
        if entry.get("only_matched") and entry["reader"] == "arrays":
            yield (
                f"corpora.{name}.only_matched: rows of arrays have all their captions, expected arrays of "
                "the matched ones alone"
            )
    if "noise" in corpora:
        yield "corpora.noise: this name is taken by noise as input, expected another one"
