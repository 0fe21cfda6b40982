"""Fetch pretrained weights; the output says how their file beside it is called."""

from job import allow_network, job

with job(snakemake):
    allow_network()
    from modality_gap.models.hub import fetch_weights

    which, local_files = snakemake.wildcards, snakemake.config["local_files"]
    fetch_weights(which.library, which.architecture, which.tag, snakemake.output[0], local_files)
