"""Turn the original files of a public data set, or a webdataset, into a corpus."""

from pathlib import Path

from job import job, say
from modality_gap.data.corpora import check_classes, coinciding_names, first_images, write_corpus
from modality_gap.data.corpora.aokvqa import read_aokvqa
from modality_gap.data.corpora.cc3m import read_cc3m
from modality_gap.data.corpora.cifar import read_cifar10, read_cifar100
from modality_gap.data.corpora.coco import read_coco
from modality_gap.data.corpora.eurosat import read_eurosat
from modality_gap.data.corpora.fairface import read_fairface
from modality_gap.data.corpora.flickr30k import read_flickr30k
from modality_gap.data.corpora.hateful_memes import read_hateful_memes
from modality_gap.data.corpora.imagenet import read_imagenet
from modality_gap.data.corpora.mmvp_vlm import read_mmvp_vlm
from modality_gap.data.corpora.svhn import read_svhn
from modality_gap.data.corpora.webdataset import read_webdataset
from modality_gap.data.watched import folder_files, write_record
from modality_gap.study.sources import read_patterns

READERS = {
    "aokvqa": read_aokvqa,
    "cc3m": read_cc3m,
    "cifar10": read_cifar10,
    "cifar100": read_cifar100,
    "coco": read_coco,
    "eurosat": read_eurosat,
    "fairface": read_fairface,
    "flickr30k": read_flickr30k,
    "hateful_memes": read_hateful_memes,
    "imagenet": read_imagenet,
    "mmvp_vlm": read_mmvp_vlm,
    "svhn": read_svhn,
    "webdataset": read_webdataset,
}

with job(snakemake):
    settings = snakemake.params.settings
    read, folder = READERS[settings["reader"]], Path(snakemake.params.folder)
    corpus = read(folder, settings["splits"], **settings["options"])
    if settings["first"] is not None:
        corpus = first_images(corpus, settings["first"])
    if snakemake.params.classes is not None:
        label = snakemake.params.classes["label"]
        check_classes(corpus.images, snakemake.wildcards.corpus, label)
    fingerprint, files = snakemake.params.fingerprint, []
    # Downloads were checked when they were fetched; a user's own files may change.
    if fingerprint is not None:
        how = (settings["reader"], settings["options"], settings["splits"])
        files = folder_files(folder, read_patterns(*how))
    contents = write_record(snakemake.output.files, fingerprint, files)
    how = {**snakemake.params.matched, "contents": contents}
    names = (corpus.classes or {}).get("names", [])
    corpus = corpus._replace(remarks=[*corpus.remarks, *coinciding_names(names)])
    write_corpus(Path(snakemake.output.images).parent, corpus, **how)
    say(snakemake, corpus.remarks)
