"""Embed one part of a split with one encoder."""

import json
from pathlib import Path

import numpy as np
import torch

from job import architectures, job
from modality_gap.corpora import distinct_texts, read_split
from modality_gap.encoders import (
    build_encoder,
    choose_device,
    describe,
    embed_part,
    register_architectures,
)

with job(snakemake):
    torch.set_num_threads(snakemake.threads)
    device = choose_device(snakemake.resources.get("gpu", 0))
    architecture, split = snakemake.params.architecture, snakemake.wildcards.split
    register_architectures(architectures(snakemake))
    model = build_encoder(snakemake.params.encoder, architecture, snakemake.input.weights)
    model.to(device)
    images, captions = read_split(Path(snakemake.input.images).parent, split)
    texts, _ = distinct_texts(images, captions)
    workers = snakemake.threads if device.type == "cuda" else 0
    part = tuple(map(int, snakemake.wildcards.scatteritem.split("-of-")))
    settings = snakemake.params.settings
    found = embed_part(model, architecture, images, texts, settings, workers, part)
    metadata = describe(model, encoder=snakemake.wildcards.encoder, architecture=architecture)
    np.savez(snakemake.output[0], metadata=json.dumps(metadata), **found)
