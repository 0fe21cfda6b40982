"""Draw some of a split's images with their captions."""

from pathlib import Path

from job import job
from modality_gap.data.corpora import read_split
from modality_gap.plots.corpora import plot_examples
from modality_gap.plots.style import save

with job(snakemake):
    corpus = Path(snakemake.input.images).parent
    images, captions = read_split(corpus, snakemake.wildcards.split)
    save(plot_examples(images, captions, seed=0), list(snakemake.output))
