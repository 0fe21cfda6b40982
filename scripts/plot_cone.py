"""Draw the cone of every encoder's modalities, on data and on noise."""

import pandas as pd

from drawn import drawn
from job import job, say
from modality_gap.plots.cone import plot_cone
from modality_gap.plots.style import save

with job(snakemake), drawn(snakemake):
    params = snakemake.params
    data = dict(zip(params.encoders, map(pd.read_parquet, snakemake.input.data), strict=True))
    noise = map(pd.read_parquet, snakemake.input.noise)
    noise = dict(zip(params.noise_encoders, noise, strict=True))
    figure = plot_cone(data, noise, params.encoders, params.initials)
    save(figure, list(snakemake.output), data.values())
    found = [
        f"{encoder} "
        + ", ".join(
            f"{row.pairs.replace('_', '-')} {row.mean:.3f}"
            for row in table.drop_duplicates("pairs").itertuples()
        )
        for encoder, table in data.items()
    ]
    say(snakemake, [f"the mean cosine of all pairs: {'; '.join(found)}"])
