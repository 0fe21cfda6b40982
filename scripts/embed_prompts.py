"""Embed every prompt that one section asks an encoder with, each text once."""

import pandas as pd
import torch

from job import architectures, job, say
from modality_gap.models.build import build_encoder, build_tokenizer, register_architectures
from modality_gap.models.embed import choose_device, embed_texts
from modality_gap.models.text_tokens import check_cut, tokenize
from prompted import asked_texts

with job(snakemake):
    torch.set_num_threads(snakemake.threads)
    params, texts = snakemake.params, asked_texts(snakemake)
    register_architectures(architectures(snakemake))
    model = build_encoder(params.encoder, params.architecture, snakemake.input.weights)
    model.to(choose_device(snakemake.resources.get("gpu", 0)))
    how = (params.settings["batch_size"], params.settings["precision"])
    tokenizer = build_tokenizer(params.architecture)
    tokens = tokenize(tokenizer, texts)
    remarks = check_cut(tokens, texts, params.settings["equal_when_cut"], "prompts")
    embeddings = embed_texts(model, tokenizer, texts, *how)
    table = pd.DataFrame({"text": texts, "embedding": list(embeddings)})
    table.attrs["remarks"] = remarks
    say(snakemake, remarks)
    table.to_parquet(snakemake.output[0], index=False)
