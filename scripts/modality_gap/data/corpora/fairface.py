"""FairFace: faces with labels of race, gender and age, balanced over seven races."""

import re
from pathlib import Path

import pandas as pd

from modality_gap.data.archives import one_line
from modality_gap.data.corpora import Corpus
from modality_gap.data.corpora.originals import check_splits, check_values, original, zip_images

AGES = ["0-2", "3-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "more than 70"]
# What CLIP's prompts call a race and a gender.
RACES = {
    "White": "a white",
    "Black": "a black",
    "Latino_Hispanic": "a latino",
    "East Asian": "an east asian",
    "Southeast Asian": "a southeast asian",
    "Indian": "an indian",
    "Middle Eastern": "a middle eastern",
}
GENDERS = {"Male": "man", "Female": "woman"}
FLAGS = {"True": True, "False": False}
COLUMNS = {"age": AGES, "gender": list(GENDERS), "race": list(RACES), "service_test": list(FLAGS)}
ARCHIVES = {0.25: "fairface-img-margin025-trainval", 1.25: "fairface-img-margin125-trainval"}
HOME = "get it from https://github.com/joojs/fairface (Google Drive) and put it there as it is"


def read_fairface(folder: Path, splits: list[str], padding: float = 0.25) -> Corpus:
    """FairFace; splits: train (86,744 images), val (10,954). A caption names race and gender.

    padding: 0.25 or 1.25, how much of the surroundings the images show. The folder has
    `fairface_label_<split>.csv` and the images' archive `fairface-img-margin…-trainval.zip`, or a
    folder of its name with what is in it. Labels: age, gender, race, service_test.
    """
    check_splits(splits, ("train", "val"), "fairface")
    if padding not in ARCHIVES:
        raise ValueError(f"fairface: padding {padding}, expected 0.25 or 1.25")
    tables = []
    for split in splits:
        table = read_labels(original(folder, f"fairface_label_{split}.csv", HOME), split)
        lie = faces(Path(folder) / ARCHIVES[padding], split)
        missing = ~table.file.isin(lie.keys())
        if missing.any():
            raise FileNotFoundError(
                f"{Path(folder) / ARCHIVES[padding]}: no image {table.file[missing].iloc[0]}, "
                f"expected {len(table)} of split {split!r}"
            )
        table.insert(1, "image", table.file.map(lie))
        table.insert(2, "split", split)
        tables.append(table)
    images = pd.concat(tables, ignore_index=True).rename(columns={"file": "image_id"})
    captions = pd.DataFrame(
        {
            "caption_id": images.image_id + "#labels",
            "image_id": images.image_id,
            "text": [
                f"a photo of {RACES[race]} {GENDERS[gender]}"
                for race, gender in zip(images.race, images.gender, strict=True)
            ],
        }
    )
    return Corpus(images, captions)


def read_labels(file: Path, split: str) -> pd.DataFrame:
    """A row an image: columns file, age, gender, race, service_test.

    Raises ValueError, naming the row, for anything that FairFace does not say: a spreadsheet, for
    one, makes dates of the ages.
    """
    try:
        table = pd.read_csv(file, dtype=str, keep_default_na=False)
    except ValueError as error:
        raise ValueError(
            f"{file}: no table ({one_line(error)}), expected comma-separated values"
        ) from error
    missing = [column for column in ("file", *COLUMNS) if column not in table]
    if missing or table.empty:
        what = f"no column {missing[0]!r}" if missing else "no rows"
        raise ValueError(f"{file}: {what}, expected rows of file, {', '.join(COLUMNS)}")
    for column, allowed in COLUMNS.items():
        check_values(table, column, allowed, str(file))
    strange = ~table.file.str.fullmatch(rf"{split}/\d+\.jpg")
    if strange.any():
        row = int(strange.to_numpy().argmax())
        raise ValueError(
            f"{file}: row {row + 1} has file {table.file[row]!r}, expected {split}/<number>.jpg"
        )
    table["service_test"] = table.service_test.map(FLAGS).astype(bool)
    return table[["file", *COLUMNS]]


def faces(images: Path, split: str) -> dict[str, str | bytes]:
    """Where the images of a split lie, by the labels' names of them: in the folder or in the .zip."""
    if images.is_dir():
        return {f"{split}/{path.name}": str(path) for path in images.rglob(f"{split}/*.jpg")}
    archive = original(images.parent, f"{images.name}.zip", HOME)
    lie = zip_images(archive, re.compile(rf"(.+/)?{split}/\d+\.jpg"))
    return {"/".join(name.split("/")[-2:]): image for name, image in lie.items()}
