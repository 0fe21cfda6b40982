"""Train one model, from random weights or on from another encoder's."""

import hashlib
import json
from pathlib import Path

import pandas as pd
import torch

from job import architectures, job
from modality_gap.devices import HELD, choose_devices
from modality_gap.training.run import launch


def identity(settings: dict, files: list[str]) -> str:
    """What a run's numbers depend on, as a fingerprint: settings, data, code and torch itself."""
    digest = hashlib.sha256(json.dumps([settings, torch.__version__], sort_keys=True).encode())
    for file in files:
        digest.update(Path(file).read_bytes())
    return digest.hexdigest()


with job(snakemake):
    params, devices = snakemake.params, choose_devices(snakemake.resources.get("gpu", 0))
    # The prepared images are the corpus's own: those of `images` stand for them.
    prepared = snakemake.input.get("prepared")
    files = [str(file) for file in snakemake.input if file != prepared]
    settings = dict(params.settings)
    if choice := snakemake.input.get("learning_rates"):
        table = pd.read_parquet(choice)
        settings["learning_rate"] = float(table.learning_rate[table.chosen].item())
    run = {
        "settings": settings,
        "start": params.start,
        "classes": params.classes,
        "architectures": str(architectures(snakemake)),
        "threads": snakemake.threads,
        "name": f"train ({', '.join(snakemake.wildcards)})",
        "identity": identity([settings, params.start, params.code], files),
        "log": str(snakemake.log[0]),
        "inputs": {name: str(file) for name, file in snakemake.input.items()},
        "outputs": {name: str(file) for name, file in snakemake.output.items()},
    }
    launch(run, devices, HELD)
