"""What each way to close the gap does to data that it was not fitted on."""

from pathlib import Path

from job import job
from measured import measured
from modality_gap.closing.mitigations import halves, mitigation_table
from modality_gap.data.embeddings import read_matched, read_pairs

MEASURED = ("kept_variance", "deviation", "draws", "scheme", "bits", "queries", "seed")

with job(snakemake), measured(snakemake):
    settings = snakemake.params.settings
    folder = Path(snakemake.input.images).parent
    fitted = Path(snakemake.input.reference[0]).parent
    held_out = read_pairs(folder)
    if fitted == folder:
        reference, held_out = halves(*held_out, settings["seed"])
    else:
        reference = read_matched(fitted)
    measured = {key: settings[key] for key in MEASURED}
    mitigation_table(reference, *held_out, **measured).to_parquet(snakemake.output[0], index=False)
