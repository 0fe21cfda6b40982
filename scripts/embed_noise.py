"""Embed noise with one encoder of both modalities."""

import torch

from job import architectures, job
from modality_gap.data.embeddings import write_embeddings
from modality_gap.devices import choose_device
from modality_gap.models.build import register_architectures
from modality_gap.models.encoder import embed_noise
from modality_gap.models.kinds import build

with job(snakemake):
    torch.set_num_threads(snakemake.threads)
    register_architectures(architectures(snakemake))
    params, noise = snakemake.params, snakemake.params.noise
    encoder = build(params.encoder, snakemake.input.weights, params.architecture)
    encoder.to(choose_device(snakemake.resources.get("gpu", 0)))
    metadata = {"encoder": snakemake.wildcards.encoder, **encoder.facts()}
    ids = [f"noise {row}" for row in range(noise["items"])]
    images, texts = embed_noise(encoder, noise["items"], noise["seed"], params.settings)
    write_embeddings(snakemake.output.images, "image_id", ids, images, metadata)
    write_embeddings(snakemake.output.texts, "text_id", ids, texts, metadata)
