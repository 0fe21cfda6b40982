"""Turn the original files of a public data set, or a webdataset, into a corpus."""

from importlib import import_module
from pathlib import Path

from job import job, say
from modality_gap.data.corpora import check_classes, coinciding_names, first_images, write_corpus
from modality_gap.data.watched import folder_files, write_record

with job(snakemake):
    settings, folder = snakemake.params.settings, Path(snakemake.params.folder)
    # One at a time, so that a reader's own corpora alone depend on it.
    reader = import_module(f"modality_gap.data.corpora.{settings['reader']}")
    read = getattr(reader, f"read_{settings['reader']}")
    corpus = read(folder, settings["splits"], **settings["options"])
    if settings["first"] is not None:
        corpus = first_images(corpus, settings["first"])
    if snakemake.params.classes is not None:
        label = snakemake.params.classes["label"]
        check_classes(corpus.images, snakemake.wildcards.corpus, label)
    # Downloads were checked when they were fetched; a user's own files may change.
    files = folder_files(folder, snakemake.params.patterns)
    contents = write_record(snakemake.output.files, snakemake.params.fingerprint, files)
    how = {**snakemake.params.matched, "contents": contents}
    names = (corpus.classes or {}).get("names", [])
    corpus = corpus._replace(remarks=[*corpus.remarks, *coinciding_names(names)])
    write_corpus(Path(snakemake.output.images).parent, corpus, **how)
    say(snakemake, corpus.remarks)
