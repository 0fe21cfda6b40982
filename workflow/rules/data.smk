rule downloads:
    """All downloads of the study: run this where there is a network (a login node)."""
    input:
        originals.downloads(),
        networks.downloads(),


rule download:
    """One file, checked against its pinned hash."""
    output:
        "results/downloads/{file}",
    log:
        "<logs>/download/{file}.log",
    benchmark:
        "<benchmarks>/download/{file}.tsv"
    wildcard_constraints:
        file=any_of(originals.sources()),
    priority: 2
    localrule: True
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(60),
    params:
        source=of(originals.source, "file"),
    script:
        "../../scripts/download.py"


rule download_webdataset:
    """One split of a webdataset, shard by shard; what is there already is not fetched again."""
    output:
        touch("results/downloads/webdatasets/{webdataset}/{split}.complete"),
    log:
        "<logs>/download_webdataset/{webdataset}/{split}.log",
    benchmark:
        "<benchmarks>/download_webdataset/{webdataset}/{split}.tsv"
    wildcard_constraints:
        webdataset=any_of(originals.addresses),
    priority: 2
    localrule: True
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(600),
    params:
        address=of(originals.address, "webdataset"),
    script:
        "../../scripts/download_webdataset.py"


rule read_emoji:
    """Render the vendors' drawings and caption them with Unicode's labels."""
    input:
        archives=of(originals.archives, "corpus"),
    output:
        images="<results>/corpora/{corpus}/images.parquet",
        captions="<results>/corpora/{corpus}/captions.parquet",
        classes="<results>/corpora/{corpus}/classes.yaml",
    log:
        "<logs>/read_emoji/{corpus}.log",
    benchmark:
        "<benchmarks>/read_emoji/{corpus}.tsv"
    wildcard_constraints:
        corpus=any_of(originals.emoji),
    priority: 2
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        names=of(originals.names, "corpus"),
        settings=of(originals.emoji_settings, "corpus"),
        classes=of(originals.classes, "corpus"),
        matched=of(originals.matched, "corpus"),
        code=code_of("read_emoji"),
    script:
        "../../scripts/read_emoji.py"


rule read_table:
    """A user's own images and captions."""
    input:
        table=of(originals.table, "corpus"),
    output:
        images="<results>/corpora/{corpus}/images.parquet",
        captions="<results>/corpora/{corpus}/captions.parquet",
        classes="<results>/corpora/{corpus}/classes.yaml",
        files="<results>/corpora/{corpus}/files.json",
    log:
        "<logs>/read_table/{corpus}.log",
    benchmark:
        "<benchmarks>/read_table/{corpus}.tsv"
    wildcard_constraints:
        corpus=any_of(originals.tables),
    priority: 2
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        classes=of(originals.classes, "corpus"),
        matched=of(originals.matched, "corpus"),
        fingerprint=of(originals.fingerprint, "corpus"),
        code=code_of("read_table"),
    script:
        "../../scripts/read_table.py"


use rule read_table as read_files with:
    wildcard_constraints:
        corpus=any_of(originals.files),
    params:
        kind="files",


rule read_labels:
    """What is known of the rows of arrays: labels, splits, which text belongs to which image."""
    input:
        unpack(of(originals.rows, "corpus")),
    output:
        images="<results>/corpora/{corpus}/images.parquet",
        captions="<results>/corpora/{corpus}/captions.parquet",
        classes="<results>/corpora/{corpus}/classes.yaml",
    log:
        "<logs>/read_labels/{corpus}.log",
    benchmark:
        "<benchmarks>/read_labels/{corpus}.tsv"
    wildcard_constraints:
        corpus=any_of(originals.arrays),
    priority: 2
    conda:
        "../../envs/data.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        files=of(originals.rows, "corpus"),
        stamps=of(originals.row_stamps, "corpus"),
        captioned_by=of(originals.captioned_by, "corpus"),
        matched=of(originals.matched, "corpus"),
        code=code_of("read_labels"),
    script:
        "../../scripts/read_labels.py"


rule read_corpus:
    """A public data set, from its original files or from a webdataset."""

    # Its environment has open_clip, for the names of ImageNet's classes.
    input:
        downloads=of(originals.corpus_downloads, "corpus"),
    output:
        images="<results>/corpora/{corpus}/images.parquet",
        captions="<results>/corpora/{corpus}/captions.parquet",
        classes="<results>/corpora/{corpus}/classes.yaml",
        files="<results>/corpora/{corpus}/files.json",
    log:
        "<logs>/read_corpus/{corpus}.log",
    benchmark:
        "<benchmarks>/read_corpus/{corpus}.tsv"
    wildcard_constraints:
        corpus=any_of(originals.public),
    priority: 2
    conda:
        "../../envs/network.yaml"
    resources:
        mem_mb=growing(6000),
        runtime=growing(60),
    params:
        folder=of(folder_of, "corpus"),
        settings=of(originals.reader, "corpus"),
        classes=of(originals.classes, "corpus"),
        matched=of(originals.matched, "corpus"),
        fingerprint=of(originals.fingerprint, "corpus"),
        patterns=of(originals.patterns, "corpus"),
        code=of(
            lambda corpus: code_of("read_corpus", originals.module(corpus)), "corpus"
        ),
    script:
        "../../scripts/read_corpus.py"


rule plot_examples:
    """What the corpus looks like: images with their captions."""
    input:
        images="<results>/corpora/{corpus}/images.parquet",
        captions="<results>/corpora/{corpus}/captions.parquet",
    output:
        figure(
            "<results>/figures/{corpus}/{split}/examples",
            "Examples",
            "1 The data",
            where=places.pictured_splits(),
        ),
    log:
        "<logs>/plot_examples/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/plot_examples/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("plot_examples"),
    script:
        "../../scripts/plot_examples.py"


remarks_of(
    *expand("<results>/corpora/{corpus}/images.parquet", corpus=study.used_corpora())
)
