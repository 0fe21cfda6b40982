"""What rephrasing does to embeddings and to choices while the gap closes."""

from pathlib import Path

import pandas as pd

from job import job
from modality_gap.closing.projection import orthogonal_gap
from modality_gap.closing.rephrased_texts import CLEAN, corpus_texts
from modality_gap.closing.rephrasing import (
    answer_table,
    each_template_table,
    noise_table,
    template_table,
)
from modality_gap.data.corpora import read_classes, read_split, units_of
from modality_gap.data.embeddings import read_normalized
from modality_gap.effects.prompts import prompt_embeddings, read_labels

with job(snakemake):
    settings = snakemake.params.settings
    images, image_ids = read_normalized(snakemake.input.images)
    folder = Path(snakemake.input.labels).parent
    corpus = read_split(folder, snakemake.wildcards.split)
    table, items = corpus_texts(*corpus, read_classes(folder), settings)
    texts = prompt_embeddings(snakemake.input.prompts, table.text)
    items = items.loc[image_ids]
    asked = items.isin(set(table["item"])).to_numpy()
    images, items, image_ids = images[asked], list(items[asked]), list(items.index[asked])
    units = units_of(read_labels(snakemake.input.labels, image_ids))
    clean = texts[(table.kind == CLEAN).to_numpy()]
    gap = orthogonal_gap(images, clean, settings["kept_variance"])
    found = (images, items, table, texts, gap.vector, settings["alphas"])
    choices = [
        answer_table(*found, settings["choices"], units),
        template_table(*found, units),
    ]
    pd.concat(choices).to_parquet(snakemake.output.choices, index=False)
    each = each_template_table(images, items, image_ids, *found[2:], units)
    each.to_parquet(snakemake.output.templates, index=False)
    noise = noise_table(images, table, texts, gap.vector, settings["seed"])
    noise.to_parquet(snakemake.output.noise, index=False)
