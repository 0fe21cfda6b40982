"""Cosines of all pairs of images, of texts, and of an image and a text."""

import numpy as np
import pandas as pd

from job import job, say
from measured import measured
from modality_gap.data.embeddings import UndefinedError, read_normalized
from modality_gap.measures.cone import cosine_statistics, log_cap_share

with job(snakemake), measured(snakemake):
    sides = {
        name: read_normalized(file)[0]
        for name, file in (
            ("image", snakemake.input.get("images")),
            ("text", snakemake.input.get("texts")),
        )
        if file is not None
    }
    asked = {f"{name}_{name}": (rows,) for name, rows in sides.items()}
    if len(sides) == 2:
        asked["image_text"] = tuple(sides.values())
    statistics, notes = {}, []
    for name, rows in asked.items():
        try:
            statistics[name] = cosine_statistics(*rows)
        except UndefinedError as error:
            notes.append(f"no cosines of {name.replace('_', ' and ')}: {error}")
    if not statistics:
        raise UndefinedError(notes[0])
    say(snakemake, notes)
    dimension = next(iter(sides.values())).shape[1]
    shares = {
        name: log_cap_share(min(1.0, found.summary["mean"]), dimension) if dimension > 1 else np.nan
        for name, found in statistics.items()
    }
    table = pd.DataFrame(
        [
            {
                "pairs": name,
                **found.summary,
                "dimension": dimension,
                "log_cap_share": shares[name],
            }
            for name, found in statistics.items()
        ]
    )
    table.attrs["remarks"] = notes
    table.to_parquet(snakemake.output.statistics, index=False)
    histograms = [
        pd.DataFrame(
            {
                "pairs": name,
                "from": found.edges[:-1],
                "to": found.edges[1:],
                "count": found.histogram,
                "mean": found.summary["mean"],
                "log_cap_share": shares[name],
            }
        )
        for name, found in statistics.items()
    ]
    pd.concat(histograms).to_parquet(snakemake.output.histogram, index=False)
