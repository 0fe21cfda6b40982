"""ImageNet (ILSVRC 2012): the validation images, of 1,000 classes, as the organisers hand out."""

import ast
import importlib.util
import io
from pathlib import Path

import numpy as np
import pandas as pd

from modality_gap.data.archives import read_members, tar_places
from modality_gap.data.corpora import Corpus, class_captions
from modality_gap.data.corpora.originals import check_splits, original, read_matlab

TEMPLATE = "a photo of a {}."
IMAGES = "ILSVRC2012_img_val.tar"
DEVKIT = "ILSVRC2012_devkit_t12.tar.gz"
CLIP_NAMES = "IMAGENET_CLASSNAMES"  # of open_clip
FIELDS = {"ILSVRC2012_ID": int, "WNID": str, "words": str, "num_children": int}
META = "ILSVRC2012_devkit_t12/data/meta.mat"
TRUTH = "ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt"
HOME = (
    "get it from https://image-net.org/challenges/LSVRC/2012/2012-downloads.php, after you have "
    "signed in and agreed to the terms, and put it there as it is"
)


def read_imagenet(folder: Path, splits: list[str], names: str | list[str] = "openai") -> Corpus:
    """ImageNet's 50,000 validation images, split `val`; an image's caption is its class.

    The folder has the development kit and the images' archive, or the images themselves, in
    folders of any kind. Class `label` counts the classes by WordNet id, which is `wnid`.
    names: of the classes in that order; or `openai`, those of CLIP's authors, which tell most
    classes apart; or `wordnet`, the first word of each in the kit, which does so less (two cranes).
    """
    check_splits(splits, ("val",), "imagenet")
    kit = original(folder, DEVKIT, HOME)
    contents = read_members(kit, [META, TRUTH])
    classes = read_classes(contents[META], f"{kit}: {META}")
    if names == "wordnet":
        names = [words.split(", ")[0] for words in classes.words]
    elif names == "openai":
        names = openai_names()
    if len(names) != len(classes):
        raise ValueError(f"imagenet: {len(names)} names of classes, expected {len(classes)}")
    labels = read_truth(contents[TRUTH], classes.number, f"{kit}: {TRUTH}")
    files = [f"ILSVRC2012_val_{row + 1:08d}.JPEG" for row in range(len(labels))]
    lie = validation_images(folder)
    missing = [file for file in files if file not in lie]
    if missing:
        raise FileNotFoundError(
            f"{folder}: no image {missing[0]}, expected {len(files)} as the kit lists"
        )
    images = pd.DataFrame(
        {
            "image_id": files,
            "image": [lie[file] for file in files],
            "split": "val",
            "label": labels,
            "wnid": classes.wnid.to_numpy()[labels],
        }
    )
    captions = class_captions(images.image_id, images.label, names, TEMPLATE)
    return Corpus(images, captions, {"names": names})


def openai_names() -> list[str]:
    """The names that CLIP's authors gave the 1,000 classes, in the order of the WordNet ids.

    open_clip's own list, read from its source: importing it would import torch. Raises ValueError
    where there is none.
    """
    package = importlib.util.find_spec("open_clip")
    folders = package.submodule_search_locations if package else []
    for file in (Path(folder) / "zero_shot_metadata.py" for folder in folders):
        for node in ast.parse(file.read_text("utf-8")).body if file.is_file() else []:
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == CLIP_NAMES:
                return list(ast.literal_eval(node.value))
    raise ValueError(
        f"imagenet, names: openai: the package open_clip has no list {CLIP_NAMES} here, "
        "expected it installed; or set names to wordnet, or to a list"
    )


def read_classes(content: bytes, name: str) -> pd.DataFrame:
    """The classes by WordNet id: columns number (in the ground truth), wnid, words.

    The kit's table also has the concepts above the classes: those have children.
    """
    table = np.atleast_1d(read_matlab(io.BytesIO(content), ["synsets"], name)["synsets"])
    if not set(FIELDS) <= set(table.dtype.names or ()):
        raise ValueError(f"{name}: synsets of {table.dtype}, expected {', '.join(FIELDS)}")
    classes = pd.DataFrame({field: list(map(kind, table[field])) for field, kind in FIELDS.items()})
    classes = classes[classes.num_children == 0].drop(columns="num_children")
    classes.columns = ["number", "wnid", "words"]
    return classes.sort_values("wnid", ignore_index=True)


def read_truth(content: bytes, numbers: pd.Series, name: str) -> np.ndarray:
    """The class row of each image, shape (n,), from the kit's file with a number a line."""
    lines = content.decode("utf-8-sig").split()
    known = {str(number): row for row, number in enumerate(numbers)}
    wrong = [row for row, line in enumerate(lines) if line not in known]
    if wrong or not lines:
        where = f"line {wrong[0] + 1} is {lines[wrong[0]]!r}" if wrong else "no lines"
        raise ValueError(f"{name}: {where}, expected the number of one of {len(known)} classes")
    return np.array([known[line] for line in lines], dtype=np.int64)


def validation_images(folder: Path) -> dict[str, str]:
    """Where each image lies, by file name: in the archive, or in a folder below this one."""
    archive = Path(folder) / IMAGES
    if archive.is_file():
        return {name.rsplit("/", 1)[-1]: place for name, place in tar_places(archive).items()}
    found = Path(folder).rglob("ILSVRC2012_val_*.JPEG")
    files = {path.name: str(path) for path in found}
    if not files:
        raise FileNotFoundError(f"{archive}: no such file, and no images in folders; {HOME}")
    return files
