"""Embed one split of a corpus with one encoder, or one part of it."""

import json
from pathlib import Path

import numpy as np
import torch

from job import architectures, job, say
from modality_gap.data.corpora import distinct_texts, read_split
from modality_gap.models.build import build_encoder, build_tokenizer, register_architectures
from modality_gap.models.embed import choose_device, describe, embed_part
from modality_gap.models.split_embeddings import write_split
from modality_gap.models.text_tokens import check_cut, tokenize

with job(snakemake):
    torch.set_num_threads(snakemake.threads)
    device = choose_device(snakemake.resources.get("gpu", 0))
    architecture, split = snakemake.params.architecture, snakemake.wildcards.split
    register_architectures(architectures(snakemake))
    model = build_encoder(snakemake.params.encoder, architecture, snakemake.input.weights)
    model.to(device)
    images, captions = read_split(Path(snakemake.input.images).parent, split)
    texts, *_ = distinct_texts(images, captions)
    workers = snakemake.threads if device.type == "cuda" else 0
    scatteritem = snakemake.wildcards.get("scatteritem")
    part = tuple(map(int, (scatteritem or "1-of-1").split("-of-")))
    settings = snakemake.params.settings
    tokens = tokenize(build_tokenizer(architecture), texts)
    remarks = check_cut(tokens, texts, settings["equal_when_cut"], "captions")
    found = embed_part(model, images, texts, tokens.ids, settings, workers, part)
    facts = {"encoder": snakemake.wildcards.encoder, "architecture": architecture}
    metadata = describe(model, **facts, remarks=remarks)
    say(snakemake, remarks)
    if scatteritem is not None:
        np.savez(snakemake.output[0], metadata=json.dumps(metadata), **found)
    else:
        corpus = Path(snakemake.input.images).parent
        write_split(dict(snakemake.output.items()), corpus, split, [found], metadata)
