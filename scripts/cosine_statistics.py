"""Cosines of all pairs of images, of texts, and of an image and a text."""

import numpy as np
import pandas as pd

from job import job, say
from measured import measured
from modality_gap.data.embeddings import UndefinedError
from modality_gap.data.stored import open_normalized
from modality_gap.measures.cone import cosine_statistics, log_cap_share
from modality_gap.measures.samples import told

with job(snakemake), measured(snakemake):
    sides = {
        name: open_normalized(file)[0]
        for name, file in (
            ("image", snakemake.input.get("images")),
            ("text", snakemake.input.get("texts")),
        )
        if file is not None
    }
    asked = {f"{name}_{name}": (rows,) for name, rows in sides.items()}
    if len(sides) == 2:
        asked["image_text"] = tuple(sides.values())
    most, seed = snakemake.params.sample["pairs"], snakemake.params.sample["seed"]
    statistics, notes = {}, []
    for name, rows in asked.items():
        try:
            statistics[name] = cosine_statistics(*rows, most=most, seed=seed)
        except UndefinedError as error:
            notes.append(f"no cosines of {name.replace('_', ' and ')}: {error}")
    if not statistics:
        raise UndefinedError(notes[0])
    drawn = [
        told(most, len(rows), f"{name}s", seed) for name, rows in sides.items() if len(rows) > most
    ]
    sampled = [f"histograms of the cosines of {one}; means of all" for one in drawn]
    notes += [
        f"histogram, quartiles, smallest and largest cosine: of {one}; mean and deviation of all"
        for one in drawn
    ]
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
    attributes = {"sampled": sampled} if sampled else {}
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
    histogram = pd.concat(histograms)
    histogram.attrs = attributes
    histogram.to_parquet(snakemake.output.histogram, index=False)
