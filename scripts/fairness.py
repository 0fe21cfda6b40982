"""Fairness of one encoder's zero-shot classification while its images move along the gap."""

from pathlib import Path

import numpy as np
import pandas as pd

from job import job
from modality_gap.embeddings import normalize, read_matched, read_normalized
from modality_gap.fairness import fairness_tables, select_images, study_groups
from modality_gap.zero_shot import class_embeddings

with job(snakemake):
    settings = snakemake.params.settings
    prompts = pd.read_parquet(snakemake.input.prompts)
    codes, _ = pd.factorize(prompts["class"])
    classes = class_embeddings(normalize(np.stack(prompts.embedding)), codes)
    kinds = dict(zip(prompts["class"], prompts.kind, strict=True))
    splits = [read_normalized(path) for path in snakemake.input.images]
    corpus = pd.read_parquet(snakemake.input.corpus[0]).drop(columns="image").set_index("image_id")
    labels = select_images(
        corpus.loc[[image for _, ids in splits for image in ids]].reset_index(drop=True),
        settings.get("where", {}),
        study_groups(settings),
        settings["classes"]["columns"],
        list(settings["classes"]["prompts"]),
    )
    images = np.concatenate([matrix for matrix, _ in splits])[labels.index]
    folder = snakemake.input.get("reference")
    reference = read_matched(Path(folder[0]).parent) if folder else (images, classes)
    tables = fairness_tables(images, labels, classes, kinds, reference, settings)
    for name, table in tables.items():
        table.to_parquet(snakemake.output[name], index=False)
