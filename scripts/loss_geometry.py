"""What the contrastive loss rewards, exactly and to first order, and what a shared caption does."""

from job import job
from modality_gap.origin.free_embeddings import record_steps
from modality_gap.origin.loss_geometry import (
    arrangement_table,
    gap_length_table,
    gradient_prediction,
    shared_caption_table,
    shrinking_rates,
)

ARRANGEMENT_TEMPERATURES = [0.1, 0.3, 1]
PREDICTION = {
    "pairs": 10,
    "dimension": 3,
    "gap": 1,
    "temperatures": [0.1, 1, 10],
    "deviations": [0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3],
    "seeds": 5,
}
SHARED_CAPTION = {
    "gaps": [0.5, 1, 2],
    "deviation": 0.2,
    "seeds": 20,
    "temperature": 1,
    "learning_rate": 0.01,
    "stops": record_steps(3000, []),
}

with job(snakemake):
    output = snakemake.output
    tables = {
        output.arrangements: arrangement_table(ARRANGEMENT_TEMPERATURES),
        output.gap_lengths: gap_length_table(ARRANGEMENT_TEMPERATURES),
        output.prediction: gradient_prediction(**PREDICTION),
        output.rates: shrinking_rates(PREDICTION["pairs"], seed=0),
        output.shared_caption: shared_caption_table(**SHARED_CAPTION),
    }
    for path, table in tables.items():
        table.to_parquet(path, index=False)
