"""Embed every prompt that one section asks an encoder with, each text once."""

from pathlib import Path

import pandas as pd
import torch

from job import architectures, job, say
from modality_gap.closing.rephrased_texts import corpus_texts
from modality_gap.data.corpora import read_classes, read_split
from modality_gap.effects.prompts import task_images, task_prompts
from modality_gap.models.build import register_architectures
from modality_gap.models.embed import choose_device
from modality_gap.models.encoder import embed_all_texts
from modality_gap.models.kinds import build
from modality_gap.models.text_tokens import check_cut

with job(snakemake):
    torch.set_num_threads(snakemake.threads)
    params, texts = snakemake.params, list(snakemake.params.given)
    folders = [Path(file).parent for file in snakemake.input.get("images", [])]
    folders = dict(zip(params.corpora, folders, strict=True))
    for name, task in params.tasks.items():
        folder = folders[task["corpus"]]
        for split in task["splits"]:
            try:
                images, _ = task_images(read_split(folder, split)[0], task)
                texts += list(task_prompts(images, task, read_classes(folder)).text)
            except ValueError as error:
                raise ValueError(f"zero_shot.tasks.{name}, {split}: {error}") from error
    rephrased = zip(snakemake.input.get("rephrased_images", []), params.rephrased, strict=True)
    for file, (_, split) in rephrased:
        folder = Path(file).parent
        asked = (*read_split(folder, split), read_classes(folder), params.rephrasing)
        texts += list(corpus_texts(*asked)[0].text)
    texts = list(dict.fromkeys(texts))
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
