"""Pictures of one's own in folders: of their classes, or with their captions beside them."""

from collections import Counter
from glob import escape
from pathlib import Path, PurePosixPath

import pandas as pd

from modality_gap.data.corpora import Corpus, class_captions
from modality_gap.data.corpora.originals import read_lines
from modality_gap.data.watched import first_equal_files, folder_files

PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff")
CAPTIONS = ".txt"
PROMPT = "a photo of a {}."  # CLIP's own
# How folders of splits are called, whatever their case.
TRAINED = {"train", "training"}
HELD_OUT = {"val", "valid", "validation", "dev", "test", "testing"}


def read_folder(folder: str | Path, splits: list[str]) -> Corpus:
    """The pictures below a folder, at any depth, in the order of their paths.

    splits: folders in it, one a split; `all`: all that is below it. Where there is a .txt beside
    each picture, under its name, its lines are the captions of the picture. Where there is none at
    all, each picture is below a folder of its class, and the caption is the class in CLIP's prompt.
    Column `class`: the name of that folder (the first one below the split's own), as it stands.
    Files that are neither pictures nor captions are counted in `remarks`, and so are copies of a
    picture in another split; hidden files and folders are no part of it. Raises ValueError, naming
    the file, for a picture with neither class nor caption, one that a link leads to a second time, a
    .txt that has no picture, or two, no lines, or stands beside some pictures alone; and where `all`
    would take splits for classes.
    """
    folder, rows, others = Path(folder), [], Counter()
    if "all" in splits and len(splits) > 1:
        raise ValueError(f"{folder}: split 'all', which means every picture, beside other splits")
    for split in splits:
        files = [Path(file) for file in files_of(folder, split)]
        pictures = [file for file in files if file.suffix.lower() in PICTURES]
        if not pictures:
            raise ValueError(
                f"{folder if split == 'all' else folder / split}: no pictures "
                f"({', '.join(PICTURES)}), expected some"
            )
        texts = caption_files(files, pictures)
        read = {*pictures, *texts.values()}
        others.update(file.suffix or file.name for file in files if file not in read)
        rows += split_rows(folder, split, pictures, texts)
    check_places(folder, [row["path"] for row in rows])
    table = pd.DataFrame(rows)
    if splits == ["all"]:
        check_no_splits(folder, table["class"])
    images = pd.DataFrame(
        {"image_id": table.path, "image": [str(folder / path) for path in table.path]}
    ).assign(split=table.split)
    if table["class"].notna().any():
        images["class"] = table["class"].astype(object).where(table["class"].notna(), None)
    remarks = [*remarks_of(folder, others), *copies_between_splits(folder, table)]
    return Corpus(images, captions_of(table), remarks=remarks)


def check_no_splits(folder: Path, classes: pd.Series) -> None:
    """Raise ValueError where the folders that would be classes are called as splits are.

    All of them, or one for training and one that is held out: two that no set of classes has.
    """
    found = {str(name).lower(): str(name) for name in classes.dropna().unique()}
    names = {*found}
    if names and (names <= TRAINED | HELD_OUT or (names & TRAINED and names & HELD_OUT)):
        said = ", ".join(sorted(found[name] for name in names & (TRAINED | HELD_OUT)))
        raise ValueError(
            f"{folder}: its folders {said} are called as splits are, and would be classes: expected "
            f"`splits: [{said}]` in the study (`evaluate: [all]` still means all pictures), or the "
            "folder of one of them, or other names"
        )


def copies_between_splits(folder: Path, table: pd.DataFrame) -> list[str]:
    """A sentence where pictures of one split are copies of those of another."""
    if table.split.nunique() < 2:
        return []
    first = first_equal_files([str(folder / path) for path in table.path])
    splits = table.split.to_numpy()
    copies = [row for row, own in enumerate(first) if splits[row] != splits[own]]
    if not copies:
        return []
    one, other = (table.path[row] for row in (copies[0], first[copies[0]]))
    return [
        f"{folder}: {len(copies):,} of {len(table):,} pictures are copies of one in another split, such as "
        f"{one} of {other}: what is held out may have been seen"
    ]


def check_places(folder: Path, paths: list[str]) -> None:
    """Raise ValueError where two of the paths lead to one file."""
    known: dict[Path, str] = {}
    for path in paths:
        place = (folder / path).resolve()
        if place in known:
            raise ValueError(
                f"{folder / path}: the same file as {known[place]}, expected each picture once"
            )
        known[place] = path


def files_of(folder: Path, split: str) -> list[str]:
    """What is below the folder of a split, as a planned study looks for it."""
    pattern = "**/*" if split == "all" else f"{escape(split)}/**/*"
    return folder_files(folder, [(pattern,)])


def caption_files(files: list[Path], pictures: list[Path]) -> dict[Path, Path]:
    """The file of captions of each picture; empty where no picture has one."""
    texts: dict[Path, Path] = {}
    for file in [file for file in files if file.suffix.lower() == CAPTIONS]:
        other = texts.setdefault(file.with_suffix(""), file)
        if other != file:
            raise ValueError(f"{file}: captions of the name of {other.name}, expected one of them")
    owners: dict[Path, Path] = {}
    for picture in pictures:
        text = texts.get(picture.with_suffix(""))
        if text is None:
            continue
        if text in owners.values():
            raise ValueError(f"{text}: stands beside two pictures of its name, expected one")
        owners[picture] = text
    strangers = sorted(set(texts.values()) - set(owners.values()))
    if owners and strangers:
        raise ValueError(f"{strangers[0]}: captions without a picture of this name beside them")
    if owners and len(owners) < len(pictures):
        lacking = next(picture for picture in pictures if picture not in owners)
        raise ValueError(
            f"{lacking}: no {CAPTIONS} beside it, expected one for each of {len(pictures):,} "
            f"pictures ({len(owners):,} have one), or none at all"
        )
    return owners


def split_rows(
    folder: Path, split: str, pictures: list[Path], texts: dict[Path, Path]
) -> list[dict]:
    """Path in the folder, split, class and captions (None: those of the class) of each picture."""
    base = folder if split == "all" else folder / split
    rows = []
    for picture in pictures:
        inside = picture.relative_to(base).parts
        name = inside[0] if len(inside) > 1 else None
        if name is None and not texts:
            raise ValueError(
                f"{picture}: no class and no caption, expected it in a folder of its class, or a "
                f"{CAPTIONS} beside it"
            )
        lines = read_captions(texts[picture]) if texts else None
        path = str(PurePosixPath(*picture.relative_to(folder).parts))
        rows.append({"path": path, "split": split, "class": name, "captions": lines})
    return rows


def read_captions(file: Path) -> list[str]:
    """The lines of a file of captions that are not blank; an error where there are none."""
    lines = [line.strip() for line in read_lines(file) if line.strip()]
    if not lines:
        raise ValueError(f"{file}: no caption, expected one a line")
    return lines


def captions_of(table: pd.DataFrame) -> pd.DataFrame:
    """The captions of all splits, of `split_rows`; those of a class where a split has none."""
    parts = []
    for written, rows in table.groupby(table.captions.notna(), sort=False):
        if written:
            own = [
                (path, text)
                for path, texts in zip(rows.path, rows.captions, strict=True)
                for text in texts
            ]
            part = pd.DataFrame(own, columns=["image_id", "text"])
            numbers = part.groupby("image_id", sort=False).cumcount()
            part.insert(0, "caption_id", part.image_id + "#" + numbers.astype(str))
        else:
            codes, names = pd.factorize(rows["class"])
            part = class_captions(rows.path, codes, list(names), PROMPT)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def remarks_of(folder: Path, others: Counter) -> list[str]:
    """A sentence where files were passed over."""
    if not others:
        return []
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in sorted(others.items()))
    return [f"{folder}: files that are neither pictures nor captions are passed over: {kinds}"]
