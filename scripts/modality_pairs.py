"""The gap, cones and recall of every pair of modalities of a model, a row a pair."""

from pathlib import Path

import pandas as pd

from job import job
from modality_gap.data.embeddings import matched_pairs, read_units
from modality_gap.data.stored import open_pairs
from modality_gap.measures.gap import gap_interval
from modality_gap.summary import mean_cosines

CONES = {"image_image": "first", "text_text": "second", "image_text": "between"}


def interval_of(file: str) -> dict[str, float]:
    """The 95% interval of the gap; file: images, beside texts and pairs."""
    folder = Path(file).parent
    images, texts, pairs, matched = open_pairs(folder)
    units = read_units(folder, pairs, len(images))
    image_rows, text_rows = matched_pairs(pairs, matched).T
    own = images.take(image_rows, axis=0), texts.take(text_rows, axis=0)
    return dict(zip(("low", "high"), gap_interval(*own, units[image_rows]), strict=True))


def gap_of(file: str) -> dict[str, float]:
    """Number of pairs and their gap."""
    return pd.read_parquet(file)[["pairs", "modality_gap"]].iloc[0].to_dict()


def cosines_of(file: str) -> dict[str, float]:
    """Mean cosines within each modality and between both."""
    cone = pd.read_parquet(file).replace({"pairs": CONES})
    return mean_cosines(cone)


def recalls_of(file: str) -> dict[str, float]:
    """Recall at the smallest k, both ways."""
    table = pd.read_parquet(file)
    table = table[table.k == table.k.min()]
    ways = {"image_to_text": "first_to_second", "text_to_image": "second_to_first"}
    return {f"recall@{row.k}_{ways[row.direction]}": row.recall for row in table.itertuples()}


with job(snakemake):
    tables = snakemake.input
    rows = [
        key | gap_of(gap) | interval_of(images) | cosines_of(cone) | recalls_of(recall)
        for key, gap, images, cone, recall in zip(
            snakemake.params.measured,
            tables.gaps,
            tables.images,
            tables.cones,
            tables.recalls,
            strict=True,
        )
    ]
    table = pd.DataFrame(rows).astype({"pairs": int})
    table.to_parquet(snakemake.output.table, index=False)
    table.to_csv(snakemake.output.csv, index=False)
