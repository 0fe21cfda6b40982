"""Turn a user's table of images and captions into a corpus."""

from pathlib import Path

from job import job, say
from modality_gap.corpora import check_classes, write_corpus
from modality_gap.corpora.table import read_table

with job(snakemake):
    corpus = read_table(snakemake.input.table)
    if snakemake.params.classes is not None:
        check_classes(corpus.images, snakemake.wildcards.corpus, snakemake.params.classes["label"])
    write_corpus(Path(snakemake.output.images).parent, corpus, **snakemake.params.matched)
    say(snakemake, corpus.remarks)
