"""Linear probes of one encoder, the regularisation of each chosen on images set apart."""

import numpy as np
import pandas as pd

from job import job, say
from modality_gap.data.embeddings import read_normalized
from modality_gap.effects.linear_probe import chosen_linear_probe
from modality_gap.effects.prompts import CLASS, read_labels, task_images


def labelled(embeddings: str, labels: str, task: dict) -> tuple[np.ndarray, np.ndarray]:
    """The images of a split that have a label, of unit length, and their labels as text."""
    images, keys = read_normalized(embeddings)
    kept, left_out = task_images(read_labels(labels, keys), {"label": task["label"]})
    notes.extend(left_out)
    return images[kept.index], kept[CLASS].to_numpy()


with job(snakemake):
    settings, files, accuracies, candidates = snakemake.params.settings, snakemake.input, [], []
    notes = []
    for name, task in settings["tasks"].items():
        corpus = files[f"labels_{name}"]
        train, train_labels = labelled(files[f"train_{name}"], corpus, task)
        test, test_labels = labelled(files[f"test_{name}"], corpus, task)
        drawn = np.random.default_rng(settings["seed"]).permutation(len(train))
        kept = np.sort(drawn[: settings["train_items"]])
        found, validation = chosen_linear_probe(
            train[kept],
            train_labels[kept],
            test,
            test_labels,
            settings["regularizations"],
            settings["validation"],
            settings["seed"],
        )
        numbers = {"train_images": len(kept), "test_images": len(test)}
        largest = pd.Series(test_labels).value_counts(normalize=True).iloc[0]
        accuracies.append({"task": name, **found, "baseline": largest, **numbers})
        candidates.append(validation.assign(task=name))
    for table, output in zip(
        (pd.DataFrame(accuracies), pd.concat(candidates)), snakemake.output, strict=True
    ):
        table.attrs["remarks"] = notes
        table.assign(**snakemake.wildcards).to_parquet(output, index=False)
    say(snakemake, notes)
