"""MSCOCO Captions (Chen et al. 2015): photographs with five captions or more."""

from pathlib import Path

import pandas as pd

from modality_gap.data.archives import zip_places
from modality_gap.data.corpora import Corpus
from modality_gap.data.corpora.karpathy import ARCHIVE, read_archived, read_json, read_karpathy
from modality_gap.data.corpora.originals import check_splits, original, without_blank

SPLITS = {
    "2014": ("train", "val"),
    "2017": ("train", "val"),
    "karpathy": ("train", "restval", "val", "test"),
}
HOME = "expected as https://cocodataset.org/#download has it, or what it holds, unpacked"
KARPATHY_HOME = (
    f"expected as https://cs.stanford.edu/people/karpathy/deepimagesent/{ARCHIVE}, or unpacked"
)


def read_coco(folder: str | Path, splits: list[str], release: str | int) -> Corpus:
    """MSCOCO Captions from the published archives, or the folders that they hold.

    release: 2014 (82,783 images in train and 40,504 in val), 2017 (118,287 and 5,000), or
    `karpathy`, Karpathy's splits of 2014's images (train 82,783, restval 30,504, val and test
    5,000 each). Images come in the order of the file of captions, an image's captions in the order
    of their ids: the first one has the lowest id.
    """
    release, folder = str(release), Path(folder)
    check_splits([release], tuple(SPLITS), "coco, release")
    check_splits(splits, SPLITS[release], f"coco, release {release}")
    if release == "karpathy":
        name = "dataset_coco.json"
        content = read_archived(folder, name, ARCHIVE, KARPATHY_HOME)
        images, captions = read_karpathy(content, splits, f"{folder}: {name}")
    else:
        tables = [read_captions(folder, split, release) for split in splits]
        images, captions = (
            pd.concat(part, ignore_index=True) for part in zip(*tables, strict=True)
        )
    images["image"] = find_images(folder, images.pop("filepath"), images.image_id)
    captions, remarks = without_blank(captions, str(folder))
    return Corpus(images, captions, remarks=remarks)


def read_captions(folder: Path, split: str, release: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(images, captions) of `annotations/captions_<split><release>.json`.

    images: columns image_id (the file's name), split, and `filepath`, the folder that holds it.
    """
    member = f"annotations/captions_{split}{release}.json"
    content = read_archived(folder, member, f"annotations_trainval{release}.zip", HOME)
    content = read_json(content, f"{folder}: {member}")
    try:
        photographs = {image["id"]: image["file_name"] for image in content["images"]}
        rows = [
            (note["id"], photographs[note["image_id"]], note["caption"].strip())
            for note in sorted(content["annotations"], key=lambda note: note["id"])
        ]
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"{folder}: {member}: no file of captions ({error!r}), expected images with id and "
            "file_name, and annotations with id, caption, and the image_id of one of them"
        ) from error
    files = list(photographs.values())
    images = pd.DataFrame({"image_id": files, "split": split, "filepath": f"{split}{release}"})
    captions = pd.DataFrame(rows, columns=["caption_id", "image_id", "text"])
    return images, captions.astype({"caption_id": str})


def find_images(folder: Path, parts: pd.Series, files: pd.Series) -> list[str]:
    """Where photographs lie; parts: `train2014` and the like, of each; files: their names.

    A part is a folder, or an archive `<part>.zip`.
    """
    lie = {part: photographs(folder, part) for part in parts.unique()}
    for part, file in zip(parts, files, strict=True):
        if file not in lie[part]:
            raise FileNotFoundError(
                f"{Path(folder) / part}: no image {file}, expected by its captions"
            )
    return [lie[part][file] for part, file in zip(parts, files, strict=True)]


def photographs(folder: Path, part: str) -> dict[str, str]:
    """Where the photographs of a part of MSCOCO lie, by file name."""
    unpacked = Path(folder) / part
    if unpacked.is_dir():
        return {path.name: str(path) for path in unpacked.iterdir()}
    places = zip_places(original(folder, f"{part}.zip", HOME))
    return {Path(member).name: place for member, place in places.items()}
