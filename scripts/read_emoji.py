"""Turn the emoji packages into a corpus."""

from pathlib import Path

from job import job
from modality_gap.data.corpora import Corpus, check_classes, write_corpus
from modality_gap.data.corpora.emoji import read_emoji

with job(snakemake):
    archives = dict(zip(snakemake.params.names, snakemake.input.archives, strict=True))
    images, captions = read_emoji(archives, **snakemake.params.settings)
    if snakemake.params.classes is not None:
        check_classes(images, snakemake.wildcards.corpus, snakemake.params.classes["label"])
    corpus = Corpus(images, captions)
    write_corpus(Path(snakemake.output.images).parent, corpus, **snakemake.params.matched)
