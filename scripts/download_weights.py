"""Fetch pretrained weights into open_clip's cache; the output says where they lie."""

from pathlib import Path

from job import architectures, job
from modality_gap.encoders import fetch_pretrained, register_architectures

with job(snakemake):
    register_architectures(architectures(snakemake))
    architecture, tag = snakemake.wildcards.architecture, snakemake.wildcards.tag
    file = fetch_pretrained(architecture, tag, Path(snakemake.output[0]).parents[1])
    Path(snakemake.output[0]).write_text(f"{file}\n")
