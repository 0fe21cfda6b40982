"""Flickr30k (Young et al. 2014): photographs of everyday scenes with five captions each."""

from pathlib import Path

import pandas as pd

from modality_gap.data.archives import tar_places
from modality_gap.data.corpora import Corpus
from modality_gap.data.corpora.karpathy import ARCHIVE, read_archived, read_karpathy
from modality_gap.data.corpora.originals import check_splits, read_lines, without_blank
from modality_gap.data.corpora.shards import check_whole

SPLITS = ("train", "val", "test")
ALL = "all"
IMAGES = "flickr30k-images"
TOKENS, KARPATHY = "results_20130124.token", "dataset_flickr30k.json"
HOME = (
    "ask for the data at https://shannon.cs.illinois.edu/DenotationGraph and put its images there, "
    f"as a folder {IMAGES} or a tar without compression, {IMAGES}.tar"
)
SPLITS_HOME = (
    "get it from https://cs.stanford.edu/people/karpathy/deepimagesent/caption_datasets.zip "
    f"and put it there, or read the split {ALL!r} from {TOKENS}"
)


def read_flickr30k(folder: str | Path, splits: list[str]) -> Corpus:
    """Flickr30k from files put there by hand.

    splits: Karpathy's train (29,000 images), val (1,014) and test (1,000), whose captions are in
    `dataset_flickr30k.json`, alone or in `caption_datasets.zip`; or `all` images of the data's own
    `results_20130124.token`. Captions come in the order of their numbers.
    """
    folder = Path(folder)
    if splits == [ALL]:
        images, captions = read_tokens(folder / TOKENS)
    else:
        check_splits(splits, SPLITS, "flickr30k")
        content = read_archived(folder, KARPATHY, ARCHIVE, SPLITS_HOME)
        images, captions = read_karpathy(content, splits, f"{folder}: {KARPATHY}")
        images = images.drop(columns="filepath")
    lie = image_places(folder)
    missing = ~images.image_id.isin(lie.keys())
    if missing.any():
        raise FileNotFoundError(
            f"{folder}: no image {images.image_id[missing].iloc[0]}, expected by its captions"
        )
    captions, remarks = without_blank(captions, str(folder))
    return Corpus(images.assign(image=images.image_id.map(lie)), captions, remarks=remarks)


def read_tokens(file: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(images, captions) of a file with lines `<image>#<number><tab><caption>`."""
    if not file.is_file():
        raise FileNotFoundError(f"{file}: no such file; {HOME}, and its captions beside them")
    rows = []
    for number, line in enumerate(read_lines(file), start=1):
        key, tab, text = line.partition("\t")
        image, sign, place = key.rpartition("#")
        if not (tab and sign and place.isdecimal() and text.strip()):
            raise ValueError(
                f"{file}: line {number} is {line[:40]!r}, expected an image, # and a number, a tab "
                "and a caption"
            )
        rows.append((key, image, text.strip(), int(place)))
    if not rows:
        raise ValueError(
            f"{file}: no captions, expected lines of an image, # and a number, a tab and one"
        )
    captions = pd.DataFrame(rows, columns=["caption_id", "image_id", "text", "place"])
    images = pd.DataFrame({"image_id": captions.image_id.unique(), "split": ALL})
    return images, captions.sort_values("place", kind="stable", ignore_index=True).drop(
        columns="place"
    )


def image_places(folder: Path) -> dict[str, str]:
    """Where the images lie, by file name."""
    unpacked, archive = folder / IMAGES, folder / f"{IMAGES}.tar"
    if unpacked.is_dir():
        return {path.name: str(path) for path in unpacked.iterdir()}
    if not archive.is_file():
        raise FileNotFoundError(f"{unpacked}: no such folder; {HOME}")
    check_whole(archive)
    return {Path(member).name: place for member, place in tar_places(archive).items()}
