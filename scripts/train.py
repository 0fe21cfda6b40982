"""Train one model from scratch."""

import hashlib
import json
from pathlib import Path

import pandas as pd
import torch

from job import architectures, job
from modality_gap.corpora import read_split
from modality_gap.encoders import (
    build_model,
    build_tokenizer,
    choose_device,
    register_architectures,
)
from modality_gap.training.augmentation import RandomAffine
from modality_gap.training.data import CaptionedImages
from modality_gap.training.evaluation import Evaluation
from modality_gap.training.loop import Schedule, train
from modality_gap.training.temperature import POLICIES

SCHEDULE = Schedule.__dataclass_fields__


def identity(settings: dict, files: list[str]) -> str:
    """What a run's numbers depend on, as a fingerprint: settings, data, code and torch itself."""
    digest = hashlib.sha256(json.dumps([settings, torch.__version__], sort_keys=True).encode())
    for file in files:
        digest.update(Path(file).read_bytes())
    return digest.hexdigest()


def run(settings: dict, input, output, log: Path, device: torch.device, threads: int) -> None:
    """Train, and write the weights before and after, and the trajectory."""
    model = build_model(settings["architecture"], seed=settings["seed"])
    torch.save(model.state_dict(), output.initial)
    model.to(device, memory_format=torch.channels_last)
    tokenizer = build_tokenizer(settings["architecture"])
    corpus, workers = Path(input.images).parent, threads if device.type == "cuda" else 0
    data = CaptionedImages(
        *read_split(corpus, settings["split"]),
        model,
        tokenizer,
        settings["batch_size"],
        settings["seed"],
        workers,
    )
    evaluation = Evaluation(
        *read_split(corpus, settings["validation"]),
        model,
        tokenizer,
        settings["batch_size"],
        settings["precision"],
        workers,
    )
    temperature = dict(settings["temperature"])
    policy = POLICIES[temperature.pop("policy")](model, **temperature)
    progress = Path(output.final).with_name("progress.pt")
    with log.open("a") as lines:
        trajectory = train(
            model,
            data,
            Schedule(**{key: value for key, value in settings.items() if key in SCHEDULE}),
            policy,
            evaluation,
            progress,
            identity(settings, [str(file) for file in input]),
            augment=RandomAffine(**settings["augmentation"], seed=settings["seed"]),
            report=lambda row: print(row, file=lines, flush=True),
        )
    table = pd.DataFrame(trajectory)
    table.to_parquet(output.trajectory, index=False)
    table.to_csv(output.table, index=False)
    weights = {name: value.cpu().contiguous() for name, value in model.state_dict().items()}
    torch.save(weights, output.final)
    progress.unlink()


with job(snakemake):
    torch.set_num_threads(snakemake.threads)
    register_architectures(architectures(snakemake))
    run(
        snakemake.params.settings,
        snakemake.input,
        snakemake.output,
        Path(snakemake.log[0]),
        choose_device(snakemake.resources.get("gpu", 0)),
        snakemake.threads,
    )
