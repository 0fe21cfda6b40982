"""Embed every prompt that one section asks an encoder with, each text once."""

import pandas as pd
import torch

from job import architectures, job, say
from modality_gap.devices import choose_device
from modality_gap.models.build import register_architectures
from modality_gap.models.encoder import embed_all_texts
from modality_gap.models.kinds import build
from modality_gap.models.text_tokens import check_cut
from prompted import asked_texts

with job(snakemake):
    torch.set_num_threads(snakemake.threads)
    params, texts = snakemake.params, asked_texts(snakemake)
    register_architectures(architectures(snakemake))
    encoder = build(params.encoder, snakemake.input.weights, params.architecture)
    encoder.to(choose_device(snakemake.resources.get("gpu", 0)))
    tokens = encoder.tokenize(texts)
    remarks = check_cut(tokens, texts, params.settings["equal_when_cut"], "prompts")
    embeddings = embed_all_texts(encoder, tokens, texts, params.settings)
    table = pd.DataFrame({"text": texts, "embedding": list(embeddings)})
    table.attrs["remarks"] = remarks
    say(snakemake, remarks)
    table.to_parquet(snakemake.output[0], index=False)
