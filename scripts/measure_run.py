"""What came of a training run: gap, uniformity, retrieval and classification, seed by seed."""

from pathlib import Path

import numpy as np
import pandas as pd

from job import job
from modality_gap.data.embeddings import normalize, read_pairs
from modality_gap.training.run_measures import class_measures, run_measures


def classes(table: pd.DataFrame) -> dict[str, np.ndarray]:
    """Embeddings and class numbers of the images, prompts and training images of a run."""
    names = {"test": "images", "prompt": "prompts", "train": "train_images"}
    numbers = {"test": "labels", "prompt": "prompt_classes", "train": "train_labels"}
    known = sorted(set(table.label))
    found = {}
    for part, rows in table.groupby("part"):
        found[names[part]] = normalize(np.stack(rows.embedding))
        found[numbers[part]] = np.searchsorted(known, rows.label)
    return found


with job(snakemake):
    settings, tables = dict(snakemake.params.settings), []
    regularization = settings.pop("regularization")
    files = zip(
        snakemake.params.seeds, snakemake.input.images, snakemake.input.classes, strict=True
    )
    for seed, images, labelled in files:
        table = run_measures(*read_pairs(Path(images).parent), **settings, ks=snakemake.params.ks)
        labelled = pd.read_parquet(labelled)
        if len(labelled):
            found = class_measures(**classes(labelled), regularization=regularization)
            table = pd.concat([table, found])
        tables.append(table.assign(run=snakemake.wildcards.run, seed=seed))
    pd.concat(tables).to_parquet(snakemake.output[0], index=False)
