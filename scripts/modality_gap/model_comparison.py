"""Many encoders in one table: how large they are, what they were trained on, and what was measured."""

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from modality_gap.models.training_data import DataSet, TrainingData, training_data
from modality_gap.summary import mean_cosines
from modality_gap.training.run_comparisons import bootstrap_interval, spearman

UNTRAINED = TrainingData(DataSet("none (random weights)", "random weights", 0.0), 0.0)
NOT_DEFINED = "not defined"  # a verdict where nothing could be measured
ATTRIBUTES = ("parameters", "samples_seen")
LEAST = 8  # models, for a correlation
SEED = 0  # of its bootstrap
NAMED = 3  # encoders of those that a remark counts
ENDS = ("", "_low", "_high")
DIRECTIONS = ("image_to_text", "text_to_image")
ADVICE = ("way", "measure", "direction", "change", "change_low", "change_high")
# The columns, in this order; words that are not known are None, counts <NA>, other numbers NaN.
WORDS = ["encoder", "corpus", "split", "architecture", "tag", "training_data", "data_family"]
WORDS += ["advice", "advice_way", "advice_measure", "advice_direction"]
COUNTS = ["parameters", "image_parameters", "text_parameters", "training_pairs", "samples_seen"]
COUNTS += ["pairs", "k"]
COLUMNS = [*WORDS[:5], *COUNTS[:3], *WORDS[5:7], *COUNTS[3:6], "modality_gap"]
COLUMNS += ["mean_cosine_image_image", "mean_cosine_text_text", "k"]
COLUMNS += [f"recall_{direction}{end}" for direction in DIRECTIONS for end in ENDS]
COLUMNS += ["advice", *(f"advice_{key}" for key in ADVICE)]


def trained_on(entry: dict) -> TrainingData | None:
    """What an encoder was trained on, where its entry says so; kind, tag and seed of it are asked.

    Random weights were trained on nothing, a tag of open_clip says what (`training_data`); of
    others None.
    """
    if entry["kind"] == "pretrained":
        return training_data(entry["tag"])
    return UNTRAINED if "seed" in entry and entry["kind"] != "run" else None


def model_row(entry: dict, facts: dict) -> dict:
    """Architecture, tag, size and training data of an encoder, by column.

    entry: see `trained_on`; facts: what its file of embeddings says of it, `parameters` the counts
    of `images`, `texts` and `whole`, where they are known.
    """
    sizes, trained = facts.get("parameters", {}), trained_on(entry)
    row = {"architecture": facts.get("architecture"), "tag": entry.get("tag")}
    row |= {"parameters": sizes.get("whole")}
    row |= {"image_parameters": sizes.get("images"), "text_parameters": sizes.get("texts")}
    if trained is not None:
        row |= {"training_data": trained.data.name, "data_family": trained.data.family}
        row |= {"training_pairs": trained.data.pairs, "samples_seen": trained.seen}
    return row


def recall_row(recall: pd.DataFrame) -> dict:
    """The smallest k, its recall both ways, and the 95% intervals where it is that of a sample."""
    first = recall[recall.k == recall.k.min()]
    row = {"k": int(first.k.iloc[0])}
    for found in first.to_dict("records"):
        way = f"recall_{found['direction']}"
        row |= {way: found["recall"], f"{way}_low": found.get("low")}
        row |= {f"{way}_high": found.get("high")}
    return row


def compare_models(
    rows: list[dict],
    gaps: list[pd.DataFrame],
    cones: list[pd.DataFrame],
    recalls: list[pd.DataFrame],
    advised: list[dict],
) -> pd.DataFrame:
    """A row an encoder and split: size and training data, gap, cone, recall, advice; `COLUMNS`.

    rows: of each, encoder, corpus, split and `model_row`; the tables of `measure_gap`,
    `cosine_statistics` and `recall` and the `advice_columns` ({}: not asked) stand in the same
    order. Pairs, samples and parameters are counts. The attribute `remarks` says of how many
    encoders size, training data or samples seen are not known.
    """
    found = [
        {
            **row,
            **{key: gap[key].iloc[0] for key in ("pairs", "modality_gap")},
            **mean_cosines(cone),
            **recall_row(recall),
            **answer,
        }
        for row, gap, cone, recall, answer in zip(rows, gaps, cones, recalls, advised, strict=True)
    ]
    table = pd.DataFrame(found, columns=COLUMNS)
    numbers = [name for name in COLUMNS if name not in WORDS]
    # As float64 first, which holds each of these whole numbers exactly.
    table = table.astype(dict.fromkeys(numbers, "float64")).astype(dict.fromkeys(COUNTS, "Int64"))
    table[WORDS] = table[WORDS].astype(object).where(table[WORDS].notna(), None)
    table.attrs["remarks"] = list(unknown_remarks(table))
    return table


def unknown_remarks(table: pd.DataFrame) -> Iterator[str]:
    """A sentence on each thing that is not known of some encoders."""
    models = table.drop_duplicates("encoder")
    for column, what in (
        ("parameters", "the number of parameters is not known"),
        ("training_data", "no tag of open_clip says what it was trained on"),
        ("samples_seen", "the tag does not say how many samples were seen"),
    ):
        unknown = models[models[column].isna()]
        if column == "samples_seen":
            unknown = unknown[unknown.training_data.notna()]
        if len(unknown):
            names = ", ".join(unknown.encoder.iloc[:NAMED])
            more = f" and {len(unknown) - NAMED} more" if len(unknown) > NAMED else ""
            yield f"{len(unknown)} of {len(models)} encoders: {what} ({names}{more})"


def correlations(table: pd.DataFrame) -> pd.DataFrame:
    """Spearman's ρ of the gap with the size of models and with the samples that they saw.

    table: of `compare_models`. Returns a row a corpus, split and attribute (parameters or
    samples_seen) that at least `LEAST` encoders have: corpus, split, attribute, models, spearman,
    low and high, its 95% bootstrap interval over encoders; NaN where all have the same.
    """
    rows = []
    for (corpus, split), here in table.groupby(["corpus", "split"], sort=False):
        for attribute in ATTRIBUTES:
            known = here[here[attribute].notna()]
            if len(known) < LEAST:
                continue
            sides = [known[attribute].to_numpy(float), known.modality_gap.to_numpy()]
            found = (math.nan,) * 3
            if all(np.ptp(side) > 0 for side in sides):
                interval = bootstrap_interval(sides, spearman, SEED, paired=True)
                found = (float(spearman(*sides)), *interval)
            rows.append((corpus, split, attribute, len(known), *found))
    columns = ["corpus", "split", "attribute", "models", "spearman", "low", "high"]
    return pd.DataFrame(rows, columns=columns)
