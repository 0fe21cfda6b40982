"""EuroSAT: satellite photographs (Sentinel-2, RGB) of ten kinds of land use and cover."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from modality_gap.data.corpora import Corpus, class_captions
from modality_gap.data.corpora.originals import check_splits, original, zip_images

# A readable name for each folder, as in CLIP's prompts.
NAMES = {
    "AnnualCrop": "annual crop land",
    "Forest": "forest",
    "HerbaceousVegetation": "brushland or shrubland",
    "Highway": "highway or road",
    "Industrial": "industrial buildings or commercial buildings",
    "Pasture": "pasture land",
    "PermanentCrop": "permanent crop land",
    "Residential": "residential buildings or homes or apartments",
    "River": "river",
    "SeaLake": "lake or sea",
}
TEMPLATE = "a centered satellite photo of {}."
HOME = "get it from https://github.com/phelber/EuroSAT (the RGB version)"
IMAGE = re.compile(r"(?:.+/)?(?P<folder>\w+)/(?P<name>\w+?_(?P<number>\d+)\.jpe?g)", re.IGNORECASE)


def read_eurosat(folder: Path, splits: list[str]) -> Corpus:
    """EuroSAT from `EuroSAT.zip`: 27,000 images, all in split `all`; a caption is the class.

    Class `label` counts the folders by alphabet; `folder` is the class as the archive names it.
    """
    check_splits(splits, ("all",), "eurosat")
    archive = original(folder, "EuroSAT.zip", HOME)
    rows = [
        {**IMAGE.fullmatch(name).groupdict(), "image": image}
        for name, image in zip_images(archive, IMAGE).items()
    ]
    found = {row["folder"] for row in rows}
    odd = sorted(found ^ set(NAMES))
    if odd:
        what = "a folder" if odd[0] in found else "no folder"
        raise ValueError(f"{archive}: {what} {odd[0]!r}, expected the folders {', '.join(NAMES)}")
    rows.sort(key=lambda row: (row["folder"], int(row["number"])))
    table = pd.DataFrame(rows)
    images = pd.DataFrame(
        {
            "image_id": table["name"],
            "image": table.image,
            "split": "all",
            "label": pd.Index(list(NAMES)).get_indexer(table.folder).astype(np.int64),
            "folder": table.folder,
        }
    )
    names = list(NAMES.values())
    captions = class_captions(images.image_id, images.label, names, TEMPLATE)
    return Corpus(images, captions, {"names": names})
