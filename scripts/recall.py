"""Recall@k in both directions."""

from pathlib import Path

import pandas as pd

from job import job
from modality_gap.data.embeddings import read_pairs
from modality_gap.measures.retrieval import chance_recall, recall_at_k

with job(snakemake):
    images, texts, pairs, _ = read_pairs(Path(snakemake.input.images).parent)
    recalls = recall_at_k(images, texts, pairs, snakemake.params.ks)
    chances = chance_recall(pairs, snakemake.params.ks)
    rows = [
        {"direction": direction, "k": k, "recall": recall, "chance": chances[direction, k]}
        for (direction, k), recall in recalls.items()
    ]
    pd.DataFrame(rows).to_parquet(snakemake.output[0], index=False)
