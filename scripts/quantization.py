"""What quantisation leaves of nearest neighbours while the gap closes."""

from job import job
from measured import measured, pool
from modality_gap.closing.projection import orthogonal_gap
from modality_gap.closing.quantization import quantization_table

MEASURED = ("schemes", "alphas", "k", "queries", "seed")

with job(snakemake), measured(snakemake):
    settings = snakemake.params.settings
    (images, texts, pairs, _, units), attributes = pool(snakemake)
    gap = orthogonal_gap(images, texts, settings["kept_variance"])
    measured = {key: settings[key] for key in MEASURED}
    table = quantization_table(images, texts, pairs, gap.vector, units=units, **measured)
    table.attrs = attributes
    table.to_parquet(snakemake.output[0], index=False)
