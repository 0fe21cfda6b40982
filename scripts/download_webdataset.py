"""Fetch one split of a webdataset."""

from pathlib import Path

from job import job
from modality_gap.data.corpora.webdataset_download import fetch_webdataset

with job(snakemake):
    folder, local_files = Path(snakemake.output[0]).parent, snakemake.config["local_files"]
    if local_files is not None:
        local_files = Path(local_files) / snakemake.wildcards.webdataset
    splits = [snakemake.wildcards.split]
    fetch_webdataset(snakemake.params.address, splits, folder, local_files)
