"""Embed another corpus than its own with a trained run, for one of its measures."""

from pathlib import Path

import torch

from job import architectures, job, say
from modality_gap.devices import choose_device
from modality_gap.models.build import register_architectures
from modality_gap.models.kinds import build
from modality_gap.training.other_corpora import class_table, pair_table

with job(snakemake):
    torch.set_num_threads(snakemake.threads)
    device, params = choose_device(snakemake.resources.get("gpu", 0)), snakemake.params
    register_architectures(architectures(snakemake))
    encoder = build(params.encoder, snakemake.input.weights, params.encoder["architecture"])
    encoder.to(device)
    corpus = Path(snakemake.input.images).parent
    workers = snakemake.threads if device.type == "cuda" else 0
    if snakemake.wildcards.measure == "classes":
        table = class_table(encoder, corpus, params.task, params.settings, params.seed, workers)
    else:
        table = pair_table(encoder, corpus, params.task, params.settings, workers)
    say(snakemake, table.attrs["remarks"])
    table.to_parquet(snakemake.output[0], index=False)
