"""Embed one split of a corpus with one encoder, or one part of it."""

import json
from pathlib import Path

import numpy as np
import torch

from job import architectures, job, say
from modality_gap.data.corpora import distinct_texts, read_split
from modality_gap.devices import choose_device
from modality_gap.models.build import register_architectures
from modality_gap.models.encoder import embed_part
from modality_gap.models.kinds import build
from modality_gap.models.split_embeddings import write_split
from modality_gap.models.text_tokens import check_cut

with job(snakemake):
    torch.set_num_threads(snakemake.threads)
    device, split = choose_device(snakemake.resources.get("gpu", 0)), snakemake.wildcards.split
    register_architectures(architectures(snakemake))
    params, settings = snakemake.params, snakemake.params.settings
    encoder = build(params.encoder, snakemake.input.weights, params.architecture)
    encoder.to(device)
    images, captions = read_split(Path(snakemake.input.images).parent, split)
    texts, *_ = distinct_texts(images, captions)
    workers = snakemake.threads if device.type == "cuda" else 0
    scatteritem = snakemake.wildcards.get("scatteritem")
    part = tuple(map(int, (scatteritem or "1-of-1").split("-of-")))
    tokens = encoder.tokenize(texts)
    remarks = check_cut(tokens, texts, settings["equal_when_cut"], "captions")
    found = embed_part(encoder, images, tokens, texts, settings, workers, part)
    metadata = {"encoder": snakemake.wildcards.encoder, **encoder.facts(), "remarks": remarks}
    say(snakemake, remarks)
    if scatteritem is not None:
        np.savez(snakemake.output[0], metadata=json.dumps(metadata), **found)
    else:
        corpus = Path(snakemake.input.images).parent
        write_split(dict(snakemake.output.items()), corpus, split, [found], metadata)
