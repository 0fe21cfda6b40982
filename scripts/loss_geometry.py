"""What the contrastive loss rewards, exactly and to first order, and what a shared caption does."""

from job import job
from modality_gap.free_embeddings import record_steps
from modality_gap.loss_geometry import (
    arrangement_table,
    gap_length_table,
    gradient_prediction,
    shrinking_rates,
)
from modality_gap.shared_caption import shared_caption_table

with job(snakemake):
    settings, output = snakemake.params.settings, snakemake.output
    temperatures, prediction = settings["arrangement_temperatures"], settings["prediction"]
    shared = dict(settings["shared_caption"])
    stops = record_steps(shared.pop("steps"), [])
    tables = {
        output.arrangements: arrangement_table(temperatures),
        output.gap_lengths: gap_length_table(temperatures),
        output.prediction: gradient_prediction(**prediction),
        output.rates: shrinking_rates(prediction["pairs"], seed=0),
        output.shared_caption: shared_caption_table(**shared, stops=stops),
    }
    for path, table in tables.items():
        table.to_parquet(path, index=False)
