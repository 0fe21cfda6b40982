"""Fetch one file."""

from job import job
from modality_gap.data.downloads import fetch

with job(snakemake):
    fetch(snakemake.params.source, snakemake.output[0], snakemake.config["local_files"])
