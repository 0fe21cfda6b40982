"""Fairness of one encoder's zero-shot classification while its images move along the gap."""

from pathlib import Path

import numpy as np
import pandas as pd

from job import job, say
from modality_gap.data.corpora import units_of
from modality_gap.data.embeddings import read_matched, read_normalized
from modality_gap.effects.fairness import (
    fairness_tables,
    prompt_table,
    select_images,
    study_groups,
)
from modality_gap.effects.prompts import prompt_embeddings, read_labels
from modality_gap.effects.zero_shot import check_distinct, class_embeddings

with job(snakemake):
    settings = snakemake.params.settings
    own = settings["classes"]
    prompts = prompt_table(own["columns"], own["prompts"], settings["probes"])
    codes, _ = pd.factorize(prompts["class"])
    embeddings = prompt_embeddings(snakemake.input.prompts, prompts.text)
    classes = class_embeddings(embeddings, codes)
    check_distinct(classes, list(dict.fromkeys(prompts["class"])))
    kinds = dict(zip(prompts["class"], prompts.kind, strict=True))
    splits = [read_normalized(path) for path in snakemake.input.images]
    corpus = read_labels(snakemake.input.labels, [image for _, ids in splits for image in ids])
    labels, notes = select_images(
        corpus,
        settings.get("where", {}),
        study_groups(settings),
        settings["classes"]["columns"],
        list(settings["classes"]["prompts"]),
    )
    images = np.concatenate([matrix for matrix, _ in splits])[labels.index]
    others = snakemake.input.get("reference")
    reference = read_matched(Path(others[0]).parent) if others else (images, classes)
    units = units_of(corpus.loc[labels.index])
    tables = fairness_tables(images, labels, classes, kinds, reference, settings, units)
    say(snakemake, notes)
    tables["rates"].attrs["remarks"] = notes
    for name, table in tables.items():
        table.to_parquet(snakemake.output[name], index=False)
