"""Fetch tokenizer, configuration or weights from the hub; the output lists their files."""

from job import allow_network, job

with job(snakemake):
    allow_network()
    from modality_gap.models.hub import fetch_repository

    params, local_files = snakemake.params, snakemake.config["local_files"]
    fetch_repository(snakemake.wildcards.repository, params.needs, local_files)
