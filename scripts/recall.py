"""Recall@k in both directions."""

from pathlib import Path

from job import job, say
from modality_gap.data.embeddings import read_units
from modality_gap.data.stored import open_pairs
from modality_gap.measures.retrieval import recall_table

with job(snakemake):
    folder = Path(snakemake.input.images).parent
    images, texts, pairs, _ = open_pairs(folder)
    units = read_units(folder, pairs, len(images))
    sample = snakemake.params.sample
    table = recall_table(
        images, texts, pairs, snakemake.params.ks, sample["pairs"], sample["seed"], units
    )
    if "sampled" in table.attrs:
        table.attrs["remarks"] = [f"recall@k: {one}" for one in table.attrs["sampled"]]
        say(snakemake, table.attrs["remarks"])
    table.to_parquet(snakemake.output[0], index=False)
