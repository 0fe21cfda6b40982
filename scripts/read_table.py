"""Turn a user's table of images and captions into a corpus."""

from pathlib import Path

from job import job, say
from modality_gap.data.corpora import check_classes, write_corpus
from modality_gap.data.corpora.table import read_table
from modality_gap.data.watched import write_record

with job(snakemake):
    corpus = read_table(snakemake.input.table, snakemake.params.get("kind", "pictures"))
    if snakemake.params.classes is not None:
        check_classes(corpus.images, snakemake.wildcards.corpus, snakemake.params.classes["label"])
    pictures = [image for image in corpus.images.image if isinstance(image, str)]
    read = [snakemake.input.table, *pictures]
    contents = write_record(snakemake.output.files, snakemake.params.fingerprint, read)
    how = {**snakemake.params.matched, "contents": contents}
    write_corpus(Path(snakemake.output.images).parent, corpus, **how)
    say(snakemake, corpus.remarks)
