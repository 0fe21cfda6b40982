"""The gap in the first steps of training, from several initialisations."""

from pathlib import Path

import pandas as pd
import torch

from job import architectures, job
from modality_gap.data.corpora import read_split
from modality_gap.devices import choose_device
from modality_gap.models.build import build_model, build_tokenizer, register_architectures
from modality_gap.training.data import CaptionedImages, sample_training
from modality_gap.training.first_steps import first_steps
from modality_gap.training.schedule import Schedule
from modality_gap.training.temperature import build_temperature

SCHEDULE = Schedule.__dataclass_fields__

with job(snakemake):
    torch.set_num_threads(snakemake.threads)
    register_architectures(architectures(snakemake))
    device = choose_device(snakemake.resources.get("gpu", 0))
    settings = snakemake.params.settings
    schedule = Schedule(**{key: value for key, value in settings.items() if key in SCHEDULE})
    tokenizer = build_tokenizer(settings["architecture"])
    images, captions = read_split(Path(snakemake.input.images).parent, settings["split"])
    caption = settings.get("caption", "random")
    images, captions = sample_training(images, captions, settings["pairs"], 0, caption)
    data, tables = None, []
    for seed in snakemake.params.seeds:
        model = build_model(
            settings["architecture"], seed=seed, dimension=settings.get("dimension")
        )
        model.to(device, memory_format=torch.channels_last)
        if data is None:
            # The same batches for every initialisation: only the weights differ.
            how = (tokenizer, settings["batch_size"], 0, 0)
            data = CaptionedImages(images, captions, model, *how, caption=caption)
        temperature = build_temperature(settings["temperature"]).to(device)
        rows = first_steps(model, data, schedule, temperature, settings["steps"])
        tables.append(pd.DataFrame(rows).assign(seed=seed))
    pd.concat(tables).to_parquet(snakemake.output[0], index=False)
