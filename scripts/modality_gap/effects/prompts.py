"""Prompts: what a task asks of a model in words, and their embeddings."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import yaml

from modality_gap.data.corpora import units_of
from modality_gap.data.embeddings import normalize, read_normalized
from modality_gap.effects.zero_shot import class_embeddings

CLASS = "task's class"  # no source has a column of this name


class Task(NamedTuple):
    """A zero-shot task: images (n, d) and classes (c, d) of unit length, labels (n,), names (c,).

    labels: the class row of each image; names: of the classes, as in `task_images`; notes: sentences
    on the images that it leaves out; units: which images are not independent, (n,), None: each is its own.
    """

    images: np.ndarray
    classes: np.ndarray
    labels: np.ndarray
    names: list[str]
    notes: list[str]
    units: np.ndarray | None


def task_images(images: pd.DataFrame, task: dict) -> tuple[pd.DataFrame, list[str]]:
    """The images that a task is about, with their class in a column CLASS, as a string; and notes.

    images: of one split of a corpus. task: `label` (the column of the class), and if wanted
    `where` (allowed values by column, None where there is none), `minimum` (images a class must have)
    and `prompts` (by class). The notes say how many images are left out, and why.
    Raises ValueError where no image is left, a class has no prompt, or two differ in spaces alone.
    """
    column, notes = task["label"], []
    check_labels([column, *task.get("where", {})], images)
    kept = images[allowed_rows(images, task.get("where", {}))]
    unlabelled = int(kept[column].isna().sum())
    if unlabelled:
        notes.append(f"{unlabelled:,} of {len(kept):,} images have no {column} and are left out")
    kept = kept.dropna(subset=column)
    kept = kept.assign(**{CLASS: kept[column].astype(str)})
    check_spaces(kept[CLASS], column)
    sizes = kept[CLASS].value_counts()
    small = sizes[sizes < task.get("minimum", 1)]
    if len(small):
        notes.append(
            f"{len(small):,} classes of {column} with fewer than {task['minimum']} images are left "
            f"out, {small.sum():,} images of {len(kept):,}"
        )
        kept = kept[~kept[CLASS].isin(small.index)]
    if kept.empty:
        raise ValueError(f"no image has a class of {column!r} that the task asks for")
    if "prompts" in task:
        notes += check_prompted(kept[CLASS], task)
    return kept, notes


def allowed_rows(images: pd.DataFrame, where: dict[str, list[str | None]]) -> pd.Series:
    """Which images have one of the allowed values in each of some columns, bool, shape (n,).

    where: the values by column, as text; None where there is none.
    """
    allowed = pd.Series(True, images.index)
    for name, values in where.items():
        known = [str(value) for value in values if value is not None]
        there = images[name].astype(str).isin(known) & images[name].notna()
        allowed &= there | (images[name].isna() & (None in values))
    return allowed


def check_labels(columns: list[str], images: pd.DataFrame) -> None:
    """Raise ValueError where images have no column of this name, or one that cannot be a label."""
    for column in columns:
        if column in images.attrs.get("unusable", {}):
            raise ValueError(images.attrs["unusable"][column])
        if column not in images:
            raise ValueError(f"no column {column!r}, expected one of {', '.join(images)}")


def check_spaces(labels: pd.Series, column: str) -> None:
    """Raise ValueError where two labels are the same but for spaces around them."""
    known = set(labels)
    padded = next(
        (label for label in known if label != label.strip() and label.strip() in known), None
    )
    if padded is not None:
        raise ValueError(
            f"column {column!r} has both {padded!r} and {padded.strip()!r}, expected one spelling"
        )


def check_prompted(labels: pd.Series, task: dict) -> list[str]:
    """Notes on classes that have a prompt and no image; the other way round it is an error."""
    prompted = list(map(str, task["prompts"]))
    without = labels[~labels.isin(prompted)]
    if len(without):
        number = int((without == without.iloc[0]).sum())
        raise ValueError(
            f"{number:,} images have {task['label']} {without.iloc[0]!r}, for which there is no prompt "
            f"(there are for {', '.join(prompted)}): add one, or leave them out by `where`"
        )
    unseen = [name for name in prompted if name not in set(labels)]
    return (
        [f"no image has {task['label']} {', '.join(unseen)}: choices that are never right"]
        if unseen
        else []
    )


def task_prompts(images: pd.DataFrame, task: dict, classes: dict[str, list[str]]) -> pd.DataFrame:
    """The prompts of a task: columns class (as in `task_images`), name, text, a row a prompt.

    images: of `task_images`. task: `prompts` (one or several by class), or `templates`, {} for the
    class's name; without either, the templates of the corpus are taken. classes: of the corpus.
    Of a column of integers every class that the corpus names is there, with images or without;
    otherwise the classes are those of the images, in alphabetical order.
    """
    if "prompts" in task:
        given = {str(name): texts for name, texts in task["prompts"].items()}
        rows = [
            (name, name, text)
            for name, texts in given.items()
            for text in ([texts] if isinstance(texts, str) else texts)
        ]
        return pd.DataFrame(rows, columns=["class", "name", "text"])
    templates = task.get("templates") or classes.get("templates")
    if not templates:
        raise ValueError("the corpus brings no prompt templates, expected `templates` in the task")
    if pd.api.types.is_integer_dtype(images[task["label"]]) and "names" in classes:
        named = {str(row): name for row, name in enumerate(classes["names"])}
    else:
        named = {name: name for name in sorted(images[CLASS].unique())}
    rows = [
        (key, name, form.replace("{}", name)) for key, name in named.items() for form in templates
    ]
    return pd.DataFrame(rows, columns=["class", "name", "text"])


def prompt_embeddings(path: str, texts: pd.Series) -> np.ndarray:
    """Embeddings of prompts, of unit length, shape (n, d), from a table of text and embedding."""
    known = pd.read_parquet(path).drop_duplicates("text").set_index("text").embedding
    missing = [text for text in texts if text not in known.index]
    if missing:
        raise ValueError(f"{path}: no embedding of the prompt {missing[0]!r}")
    return normalize(np.stack(known.loc[list(texts)].to_numpy()))


def read_labels(path: str, image_ids: list[str]) -> pd.DataFrame:
    """What a corpus says of some of its images, in their order; path: its `images.parquet`."""
    columns = [name for name in pq.read_schema(path).names if name != "image"]
    table = pd.read_parquet(path, columns=columns)
    found = table.set_index("image_id", drop=False).loc[image_ids].reset_index(drop=True)
    found.attrs = table.attrs
    return found


def read_task(images: str, labels: str, classes: str, prompts: str, task: dict) -> Task:
    """A task on the images that a file of embeddings holds.

    images: embeddings of one split; labels, classes: `images.parquet` and `classes.yaml` of its
    corpus; prompts: as for `prompt_embeddings`; task: as for `task_images` and `task_prompts`.
    """
    embeddings, image_ids = read_normalized(images)
    kept, notes = task_images(read_labels(labels, image_ids), task)
    with open(classes, encoding="utf-8") as file:
        asked = task_prompts(kept, task, yaml.safe_load(file) or {})
    numbers, names = pd.factorize(asked["class"])
    texts = class_embeddings(prompt_embeddings(prompts, asked.text), numbers)
    rows = pd.Index(names).get_indexer(kept[CLASS])
    if (rows < 0).any():
        name = kept[CLASS].iloc[int(np.argmin(rows))]
        raise ValueError(f"{labels}: an image has class {name!r}, expected one of {len(names)}")
    return Task(embeddings[kept.index], texts, rows, list(names), notes, units_of(kept))
