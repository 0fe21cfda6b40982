"""Turn what a user says of the rows of arrays into a corpus."""

from pathlib import Path

from job import job, say
from modality_gap.data.corpora import write_corpus
from modality_gap.data.corpora.arrays import read_arrays

with job(snakemake):
    params = snakemake.params
    corpus = read_arrays(**params.files, captioned_by=params.captioned_by)
    write_corpus(Path(snakemake.output.images).parent, corpus, **params.matched)
    say(snakemake, corpus.remarks)
