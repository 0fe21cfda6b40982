"""Zero-shot accuracy of one encoder on one split while images and class texts move."""

from pathlib import Path

import pandas as pd

from job import job, say
from measured import measured
from modality_gap.data.embeddings import read_matched
from modality_gap.data.precomputed import read_vector
from modality_gap.effects.moved_gap import zero_shot_table
from modality_gap.effects.moves import Direction, gap_direction, given_direction, shift_grid
from modality_gap.effects.prompts import read_task


def read_direction(files: list[str]) -> Direction:
    """The direction of a vector's file, or of the matched pairs of a folder of embeddings."""
    if len(files) == 1:
        return given_direction(read_vector(files[0]))
    return gap_direction(*read_matched(Path(files[0]).parent))


with job(snakemake), measured(snakemake):
    params, wildcards, files = snakemake.params.settings, snakemake.wildcards, snakemake.input
    given = {
        name: None if source == "task" else read_direction(files[f"direction_{name}"])
        for name, source in params["directions"].items()
    }
    found, notes = [], []
    for name, settings in params["tasks"].items():
        if settings["corpus"] != wildcards.corpus or wildcards.split not in settings["splits"]:
            continue
        task = read_task(files.images, files.labels, files.classes, files.prompts, settings)
        notes += [f"task {name}: {note}" for note in task.notes]
        width = task.images.shape[1]
        for direction, source in given.items():
            if source is not None and len(source.unit) != width:
                raise ValueError(
                    f"directions.{direction}: {len(source.unit)} wide, expected {width}, as the images are"
                )
        own = gap_direction(task.images, task.classes)
        tables = zero_shot_table(
            task.images,
            task.classes,
            task.labels,
            {direction: source or own for direction, source in given.items()},
            params["moves"],
            shift_grid(**params["shifts"]),
            task.names.index(settings["positive"]) if "positive" in settings else None,
            params["bootstrap"],
            params["seed"],
            task.units,
        )
        found.append([table.assign(task=name, **wildcards) for table in tables])
    say(snakemake, notes)
    for output, parts in zip(snakemake.output, zip(*found, strict=True), strict=True):
        table = pd.concat(parts)
        table.attrs["remarks"] = notes
        table.to_parquet(output, index=False)
