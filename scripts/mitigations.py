"""What each way to close the gap does to data that it was not fitted on."""

from pathlib import Path

from job import job, say
from measured import measured, pool
from modality_gap.closing.mitigations import halves, mitigation_table
from modality_gap.data.embeddings import matched_pairs
from modality_gap.data.stored import read_pool

MEASURED = ("kept_variance", "deviation", "draws", "scheme", "bits", "queries", "seed")

with job(snakemake), measured(snakemake):
    settings = snakemake.params.settings
    folder = Path(snakemake.input.images).parent
    fitted = Path(snakemake.input.reference[0]).parent
    held_out, attributes = pool(snakemake)
    if fitted == folder:
        reference, held_out = halves(*held_out, settings["seed"])
    else:
        sample = snakemake.params.sample
        (x, y, pairs, matched, _), fitted_on = read_pool(fitted, sample["pairs"], sample["seed"])
        remarks = [f"fitted to a sample: {one}" for one in fitted_on]
        say(snakemake, remarks)
        if remarks:
            attributes = {**attributes, "remarks": [*attributes.get("remarks", []), *remarks]}
        image_rows, text_rows = matched_pairs(pairs, matched).T
        reference = x[image_rows], y[text_rows]
    measured = {key: settings[key] for key in MEASURED}
    table = mitigation_table(reference, *held_out, **measured)
    say(snakemake, table.attrs["remarks"])
    remarks = [*attributes.get("remarks", []), *table.attrs["remarks"]]
    table.attrs = {**attributes, "remarks": remarks} if remarks else attributes
    table.to_parquet(snakemake.output[0], index=False)
