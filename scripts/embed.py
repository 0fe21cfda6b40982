"""Embed one split of a corpus with one encoder."""

from pathlib import Path

import pandas as pd
import torch

from job import architectures, job
from modality_gap.corpora import distinct_texts, read_split
from modality_gap.embeddings import write_embeddings
from modality_gap.encoders import (
    Pixels,
    build_encoder,
    build_tokenizer,
    choose_device,
    describe,
    embed_images,
    embed_texts,
    register_architectures,
)

with job(snakemake):
    torch.set_num_threads(snakemake.threads)
    device = choose_device(snakemake.resources.get("gpu", 0))
    encoder, settings = snakemake.params.encoder, snakemake.params.settings
    architecture = snakemake.params.architecture
    corpus = Path(snakemake.input.images).parent
    register_architectures(architectures(snakemake))
    model = build_encoder(encoder, architecture, snakemake.input.weights).to(device)
    images, captions = read_split(corpus, snakemake.wildcards.split)
    texts, pairs = distinct_texts(images, captions)
    text_ids = [f"text {row}" for row in range(len(texts))]
    metadata = describe(model, encoder=snakemake.wildcards.encoder, architecture=architecture)
    how = (settings["batch_size"], settings["precision"])
    workers = snakemake.threads if device.type == "cuda" else 0
    image_embeddings = embed_images(model, Pixels(images, model), *how, workers)
    text_embeddings = embed_texts(model, build_tokenizer(architecture), texts, *how)
    write_embeddings(
        snakemake.output.images, "image_id", list(images.image_id), image_embeddings, metadata
    )
    write_embeddings(snakemake.output.texts, "text_id", text_ids, text_embeddings, metadata)
    pd.DataFrame(
        {
            "image_id": images.image_id.to_numpy()[pairs[:, 0]],
            "text_id": [text_ids[row] for row in pairs[:, 1]],
            "text": [texts[row] for row in pairs[:, 1]],
        }
    ).to_parquet(snakemake.output.pairs, index=False)
