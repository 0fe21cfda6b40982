"""Embed a split, or noise, with an encoder of one modality."""

from pathlib import Path

import torch

from job import job, say
from modality_gap.data.corpora import distinct_texts, read_split
from modality_gap.data.embeddings import write_embeddings
from modality_gap.devices import choose_device
from modality_gap.models.backbones import build_one_sided
from modality_gap.models.embed import Pixels, describe, embed_images
from modality_gap.models.noise import embed_noise_images, embed_noise_texts
from modality_gap.models.text_tokens import check_cut

with job(snakemake):
    torch.set_num_threads(snakemake.threads)
    entry, side = snakemake.params.encoder, snakemake.wildcards.side
    settings, noise = snakemake.params.settings, snakemake.params.noise
    model = build_one_sided(entry, snakemake.input.weights)
    device = choose_device(snakemake.resources.get("gpu", 0))
    model.to(device)
    how, remarks = (settings["batch_size"], settings["precision"]), []
    if snakemake.wildcards.corpus == "noise":
        embed = {"images": embed_noise_images, "texts": embed_noise_texts}[side]
        ids = [f"noise {row}" for row in range(noise["items"])]
        embeddings = embed(model, noise["items"], noise["seed"], *how)
    else:
        corpus = Path(snakemake.input.images).parent
        images, captions = read_split(corpus, snakemake.wildcards.split)
        if side == "images":
            workers = snakemake.threads if device.type == "cuda" else 0
            ids, embeddings = (
                list(images.image_id),
                embed_images(model, Pixels(images, model), *how, workers),
            )
        else:
            texts, *_ = distinct_texts(images, captions)
            equal_allowed = settings["equal_when_cut"]
            remarks = check_cut(model.tokenize(texts), texts, equal_allowed, "captions")
            ids, embeddings = texts, model.embed(texts, settings["batch_size"])
    metadata = describe(model, encoder=snakemake.wildcards.encoder, **entry, remarks=remarks)
    say(snakemake, remarks)
    write_embeddings(snakemake.output[0], f"{side[:-1]}_id", ids, embeddings, metadata)
