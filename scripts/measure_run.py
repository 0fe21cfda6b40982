"""What came of a training run: gap, uniformity, retrieval and classification, seed by seed."""

from pathlib import Path

import numpy as np
import pandas as pd

from job import job
from modality_gap.data.embeddings import normalize, read_pairs, read_remarks
from modality_gap.effects.pair_matching import pair_rows
from modality_gap.training.run_measures import class_measures, pair_measures, run_measures


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


def pairs(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Images and statements of each pair, of unit length, shape (p, 2, d), and its pattern."""
    rows, patterns = pair_rows(table)
    images, texts = (normalize(np.stack(table[side])) for side in ("image", "text"))
    return images[rows], texts[rows], patterns


with job(snakemake):
    settings, tables, files = dict(snakemake.params.settings), [], snakemake.input
    regularization = settings.pop("regularization")
    pools = {name: settings[name] for name in ("pool", "draws", "seed")}
    for place, seed in enumerate(snakemake.params.seeds):
        folder = Path(files.images[place]).parent
        found = [run_measures(*read_pairs(folder), **pools, ks=snakemake.params.ks)]
        labelled = pd.read_parquet(files.classes[place])
        if len(labelled):
            found.append(class_measures(**classes(labelled), regularization=regularization))
        if files.pair_matching:
            found.append(pair_measures(*pairs(pd.read_parquet(files.pair_matching[place]))))
        tables += [table.assign(run=snakemake.wildcards.run, seed=seed) for table in found]
    measures = pd.concat(tables)
    embedded = [*files.classes, *files.pair_matching]
    remarks = [remark for file in embedded for remark in read_remarks(file)]
    measures.attrs = {"remarks": list(dict.fromkeys(remarks))}
    measures.to_parquet(snakemake.output[0], index=False)
