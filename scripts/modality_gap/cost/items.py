"""How many images and captions a study's corpora have, before they are read and after."""

from collections import Counter
from functools import cache
from pathlib import Path

from modality_gap.data.published import DRAWINGS, IMAGES
from modality_gap.data.text_table import DELIMITERS, read_text_table

Number = tuple[int, int]  # images, captions


class Items:
    """Numbers of images and captions. config: of a study, its defaults filled in; results: its folder."""

    def __init__(self, config: dict, results: Path):
        self.config, self.results = config, results
        self.of = cache(self._of)

    def _of(self, corpus: str, split: str = "all") -> Number | None:
        """Images and captions of a split, without those for training alone; None where nobody knows it before the corpus is read.

        Of a corpus that is made already they are counted; else they are as published.
        """
        if corpus == "noise" and "noise" in self.config:
            return (self.config["noise"]["items"],) * 2
        if corpus not in self.config["corpora"]:
            return self.in_arrays(corpus)
        entry = self.config["corpora"][corpus]
        found = self.counted(corpus) or self.stated(entry)
        if not found or (split not in found and split != "all"):
            return None
        if split == "all" and "all" not in found:
            kept = entry.get("splits", found)
            found = {"all": total(found[name] for name in kept if name in found)}
        images, captions = found[split]
        if entry.get("only_matched"):
            captions = images
        first = min(images, entry.get("first", images))
        return first, round(captions * first / images) if images else 0

    def in_arrays(self, corpus: str) -> Number | None:
        """The rows of embeddings that a user brings as .npy, as the file's first bytes say."""
        for entry in self.config.get("encoders", {}).values():
            named = (
                entry.get("files") or [entry["file"]] if {"file", "files"} & entry.keys() else []
            )
            if entry.get("corpus") != corpus or not all(map(is_array, named)):
                continue
            shapes = [rows_of(file) for file in named]
            if shapes and all(shapes):
                return (shapes[0][0], shapes[-1][0])
        return None

    def counted(self, corpus: str) -> dict[str, Number]:
        """What a corpus has that is made already, by split; nothing, where it is not."""
        images = self.results / "corpora" / corpus / "images.parquet"
        captions = images.with_name("captions.parquet")
        if not (images.is_file() and captions.is_file()):
            return {}
        # Imported here: it takes as long as all the rest, and mostly nothing is made yet.
        import pyarrow.parquet as parquet

        splits = parquet.read_table(images, columns=["split"]).column(0).value_counts().to_pylist()
        numbers = {one["values"]: one["counts"] for one in splits}
        told = parquet.read_schema(captions).names
        shown = parquet.read_table(captions, columns=[n for n in told if n == "training_only"])
        own = shown.num_rows - sum(shown.column(0).to_pylist() if shown.num_columns else [])
        each = own / max(1, sum(numbers.values()))
        return {name: (number, round(number * each)) for name, number in numbers.items()}

    def stated(self, entry: dict) -> dict[str, Number]:
        """What a public corpus has as published, or a table of text lists, by split; else nothing."""
        if entry["reader"] == "emoji":
            return drawings(entry)
        if entry["reader"] == "table" and Path(entry["file"]).suffix.lower() in DELIMITERS:
            return listed(entry["file"])
        key = entry["reader"]
        if key == "coco":
            key = f"coco {entry['release']}"
        if key == "webdataset":
            key = entry.get("url", "").rstrip("/").rpartition("/")[-1]
        return {
            name: (number, number * each) for name, (number, each) in IMAGES.get(key, {}).items()
        }


def is_array(file: str) -> bool:
    """Whether a file is a .npy that is there."""
    return Path(file).suffix == ".npy" and Path(file).is_file()


def rows_of(file: str) -> tuple[int, int] | None:
    """Rows and columns of one modality of a .npy, without reading it; None where it has no such shape."""
    import numpy as np  # here: planning most studies needs none

    try:
        shape = np.load(file, mmap_mode="r").shape
    except (ValueError, OSError):
        return None
    return shape[-2:] if len(shape) in (2, 3) else None


def listed(file: str) -> dict[str, Number]:
    """The splits of a user's table: images that it names, and its rows."""
    columns = read_text_table(file)
    splits = columns.get("split", ["all"] * len(columns["image"]))
    rows = list(zip(splits, columns["image"], strict=True))
    images = Counter(split for split, _ in set(rows))
    return {split: (images[split], number) for split, number in Counter(splits).items()}


def drawings(entry: dict) -> dict[str, Number]:
    """The splits of an emoji corpus, as many as its hold-outs leave on average.

    Its captions but the first are shown in training alone.
    """
    numbers = {vendor: DRAWINGS[vendor] for vendor in entry["vendors"]}
    share = entry["held_out_concepts"]
    apart = numbers.pop(entry["held_out_vendor"], 0)
    own = sum(numbers.values())
    found = {
        "train": own * (1 - share),
        "held_out_concepts": own * share,
        "held_out_vendor": apart * (1 - share),
        "held_out_both": apart * share,
        "all": own + apart,
    }
    return {name: (round(number), round(number)) for name, number in found.items()}


def total(numbers) -> Number:
    """The sum of images, and of captions."""
    images, captions = zip(*numbers, strict=True)
    return sum(images), sum(captions)
