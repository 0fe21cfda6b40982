"""Fetch pretrained weights into their library's cache; the output says where they lie."""

from pathlib import Path

from job import architectures, job
from modality_gap.encoders import fetch_pretrained, register_architectures

with job(snakemake):
    which, cache = snakemake.wildcards, Path(snakemake.output[0]).parents[1]
    if which.library == "open_clip":
        register_architectures(architectures(snakemake))
        found = fetch_pretrained(which.architecture, which.tag, cache)
    else:
        from modality_gap.backbones import build_backbone

        build_backbone(which.library, which.architecture, tag=which.tag, cache=cache)
        found = cache
    Path(snakemake.output[0]).write_text(f"{found}\n")
