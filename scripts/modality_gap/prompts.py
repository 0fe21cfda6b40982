"""Prompts: what a task asks of a model in words, and their embeddings."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import yaml

from modality_gap.embeddings import normalize, read_normalized
from modality_gap.zero_shot import class_embeddings

CLASS = "task's class"  # no source has a column of this name


class Task(NamedTuple):
    """A zero-shot task: images (n, d) and classes (c, d) of unit length, labels (n,), names (c,).

    labels: the class row of each image; names: of the classes, as in `task_images`.
    """

    images: np.ndarray
    classes: np.ndarray
    labels: np.ndarray
    names: list[str]


def task_images(images: pd.DataFrame, task: dict) -> pd.DataFrame:
    """The images that a task is about, with their class in a column CLASS, as a string.

    images: of one split of a corpus. task: `label` (the column of the class), and if wanted
    `where` (allowed values by column, None where there is none) and `minimum` (images a class must have).
    Raises ValueError where no image is left.
    """
    for column in [task["label"], *task.get("where", {})]:
        if column not in images:
            raise ValueError(f"no column {column!r}, expected one of {', '.join(images)}")
    kept = images.dropna(subset=task["label"])
    for column, values in task.get("where", {}).items():
        known = [str(value) for value in values if value is not None]
        allowed = kept[column].astype(str).isin(known) & kept[column].notna()
        kept = kept[allowed | (kept[column].isna() & (None in values))]
    kept = kept.assign(**{CLASS: kept[task["label"]].astype(str)})
    if "prompts" in task:
        kept = kept[kept[CLASS].isin(list(map(str, task["prompts"])))]
    sizes = kept[CLASS].value_counts()
    kept = kept[kept[CLASS].map(sizes) >= task.get("minimum", 1)]
    if kept.empty:
        raise ValueError(f"no image has a class of {task['label']!r} that the task asks for")
    return kept


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
    rows = [(key, name, form.format(name)) for key, name in named.items() for form in templates]
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
    table = pd.read_parquet(path, columns=columns).set_index("image_id", drop=False)
    return table.loc[image_ids].reset_index(drop=True)


def read_task(images: str, labels: str, classes: str, prompts: str, task: dict) -> Task:
    """A task on the images that a file of embeddings holds.

    images: embeddings of one split; labels, classes: `images.parquet` and `classes.yaml` of its
    corpus; prompts: as for `prompt_embeddings`; task: as for `task_images` and `task_prompts`.
    """
    embeddings, image_ids = read_normalized(images)
    kept = task_images(read_labels(labels, image_ids), task)
    with open(classes, encoding="utf-8") as file:
        asked = task_prompts(kept, task, yaml.safe_load(file) or {})
    numbers, names = pd.factorize(asked["class"])
    texts = class_embeddings(prompt_embeddings(prompts, asked.text), numbers)
    rows = pd.Index(names).get_indexer(kept[CLASS])
    if (rows < 0).any():
        name = kept[CLASS].iloc[int(np.argmin(rows))]
        raise ValueError(f"{labels}: an image has class {name!r}, expected one of {len(names)}")
    return Task(embeddings[kept.index], texts, rows, list(names))
