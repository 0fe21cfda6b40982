"""What quantisation leaves of nearest neighbours while the gap closes."""

from pathlib import Path

from job import job
from measured import measured
from modality_gap.closing.projection import orthogonal_gap
from modality_gap.closing.quantization import quantization_table
from modality_gap.data.embeddings import read_pairs

MEASURED = ("schemes", "alphas", "k", "queries", "seed")

with job(snakemake), measured(snakemake):
    settings = snakemake.params.settings
    images, texts, pairs, _ = read_pairs(Path(snakemake.input.images).parent)
    gap = orthogonal_gap(images, texts, settings["kept_variance"])
    measured = {key: settings[key] for key in MEASURED}
    table = quantization_table(images, texts, pairs, gap.vector, **measured)
    table.to_parquet(snakemake.output[0], index=False)
