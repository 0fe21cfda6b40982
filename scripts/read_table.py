"""Turn a user's table of images and captions into a corpus."""

from pathlib import Path

from job import job
from modality_gap.corpora import Corpus, check_classes, write_corpus
from modality_gap.corpora.table import read_table
from modality_gap.watched import write_record

with job(snakemake):
    images, captions = read_table(snakemake.input.table)
    if snakemake.params.classes is not None:
        check_classes(images, snakemake.wildcards.corpus, snakemake.params.classes["label"])
    contents = write_record(snakemake.output.files, snakemake.params.fingerprint, images.image)
    how = {**snakemake.params.matched, "contents": contents}
    write_corpus(Path(snakemake.output.images).parent, Corpus(images, captions), **how)
