"""Robustness of an encoder's tasks to noise while the gap is closed."""

import numpy as np
import pandas as pd

from job import job
from measured import measured, pool
from modality_gap.closing.choices import (
    choice_task,
    classification_task,
    own_choice_task,
    retrieval_task,
)
from modality_gap.closing.rephrased_texts import choice_texts
from modality_gap.closing.robustness import robustness_tables
from modality_gap.data.corpora import units_of
from modality_gap.data.embeddings import read_normalized
from modality_gap.effects.prompts import prompt_embeddings, read_labels, read_task
from modality_gap.measures.samples import text_units

ASKED = ("labels", "classes", "prompts")


def own_choices(files):
    """The task of questions that bring their choices."""
    pictures, image_ids = read_normalized(files["images"])
    asked = choice_texts(read_labels(files["labels"], image_ids), files["labels"])
    numbers, wordings = pd.factorize(np.ravel(asked))
    found = prompt_embeddings(files["choices"], pd.Series(wordings))
    units = units_of(read_labels(files["labels"], image_ids))
    return own_choice_task(pictures, found, numbers.reshape(len(asked), -1), units)


def classes(files, task):
    """Zero-shot classification."""
    found = read_task(*(files[part] for part in ("images", *ASKED)), task)
    return classification_task(*found[:3], found.units)


with job(snakemake), measured(snakemake):
    settings = dict(snakemake.params.settings)
    names, task, choices = (settings.pop(key, None) for key in ("tasks", "zero_shot", "choices"))
    files = snakemake.input
    (images, texts, pairs, _, units), attributes = pool(snakemake)
    builders = {
        "zero_shot": lambda: classes(files, task),
        "image_to_text": lambda: retrieval_task(images, texts, pairs, units),
        "text_to_image": lambda: retrieval_task(
            texts, images, pairs[:, ::-1], text_units(pairs, units, len(texts))
        ),
        "multiple_choice": lambda: choice_task(
            images, texts, pairs, choices, settings["seed"], units
        ),
        "own_choices": lambda: own_choices(files),
    }
    tables = robustness_tables({name: builders[name]() for name in names}, **settings)
    for name, table in tables.items():
        table.attrs = attributes
        table.to_parquet(snakemake.output[name], index=False)
