"""Embed the same items, and noise, by networks that differ in their seed alone."""

from pathlib import Path

import torch

from job import architectures, job
from modality_gap.data.corpora import read_split
from modality_gap.data.embeddings import sample_pairs
from modality_gap.devices import choose_device
from modality_gap.models.build import build_model, build_tokenizer, register_architectures
from modality_gap.models.embed import Pixels, embed_images, embed_texts
from modality_gap.models.noise import embed_noise_images, embed_noise_texts
from modality_gap.models.prepared import decode_once
from modality_gap.origin.seed_cones import write_cones


def build(networks: dict, seed: int, weights: str | None) -> torch.nn.Module:
    """The network of one seed, with random weights or those of a file."""
    source = {"seed": seed} if weights is None else {"checkpoint": weights, **networks["stated"]}
    if networks["library"] == "open_clip":
        dimension = networks.get("dimension")
        return build_model(networks["architecture"], dimension=dimension, **source)
    from modality_gap.models.backbones import build_backbone

    return build_backbone(networks["library"], networks["architecture"], **source)


with job(snakemake):
    torch.set_num_threads(snakemake.threads)
    register_architectures(architectures(snakemake))
    device = choose_device(snakemake.resources.get("gpu", 0))
    networks, settings = snakemake.params.networks, snakemake.params.embedding
    number, noise_seed = snakemake.params.number, snakemake.params.seed
    how = (settings["batch_size"], settings["precision"])
    images, captions = read_split(Path(snakemake.input.images).parent, snakemake.params.split)
    images = images.iloc[sample_pairs(len(images), number, noise_seed)].reset_index(drop=True)
    texts = list(captions.groupby("image_id").text.first()[images.image_id])
    files = snakemake.input.get("weights", [None] * len(networks["seeds"]))
    noise = (len(images), noise_seed, *how)
    pixels, cones = None, []
    for seed, file in zip(networks["seeds"], files, strict=True):
        model = build(networks, seed, file).to(device)
        if pixels is None:
            pixels = decode_once(Pixels(images, model))
        cones += [
            (seed, "image", "data", embed_images(model, pixels, *how, snakemake.threads)),
            (seed, "image", "noise", embed_noise_images(model, *noise)),
        ]
        if networks["library"] == "open_clip":
            tokenizer = build_tokenizer(networks["architecture"])
            cones += [
                (seed, "text", "data", embed_texts(model, tokenizer, texts, *how)),
                (seed, "text", "noise", embed_noise_texts(model, *noise)),
            ]
    write_cones(snakemake.output[0], cones)
