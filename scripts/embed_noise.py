"""Embed noise with one encoder of both modalities."""

import torch

from job import architectures, job
from modality_gap.data.embeddings import write_embeddings
from modality_gap.models.build import build_encoder, register_architectures
from modality_gap.models.embed import choose_device, describe
from modality_gap.models.noise import embed_noise_images, embed_noise_texts

with job(snakemake):
    torch.set_num_threads(snakemake.threads)
    register_architectures(architectures(snakemake))
    architecture, noise = snakemake.params.architecture, snakemake.params.noise
    model = build_encoder(snakemake.params.encoder, architecture, snakemake.input.weights)
    model.to(choose_device(snakemake.resources.get("gpu", 0)))
    metadata = describe(model, encoder=snakemake.wildcards.encoder, architecture=architecture)
    settings = snakemake.params.settings
    how = (noise["items"], noise["seed"], settings["batch_size"], settings["precision"])
    ids = [f"noise {row}" for row in range(noise["items"])]
    images, texts = embed_noise_images(model, *how), embed_noise_texts(model, *how)
    write_embeddings(snakemake.output.images, "image_id", ids, images, metadata)
    write_embeddings(snakemake.output.texts, "text_id", ids, texts, metadata)
