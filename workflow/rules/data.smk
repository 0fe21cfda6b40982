from modality_gap.corpora import emoji

EMOJI_CORPORA = [name for name, corpus in CORPORA.items() if corpus["reader"] == "emoji"]
TABLE_CORPORA = [name for name, corpus in CORPORA.items() if corpus["reader"] == "table"]


def emoji_packages(corpus):
    """The packages of an emoji corpus by name: the labels, then its vendors."""
    return {name: emoji.PACKAGES[name] for name in [emoji.LABELS, *CORPORA[corpus]["vendors"]]}


def sources():
    """Every file that the study downloads: its address and hash, by file name."""
    found = {}
    for corpus in EMOJI_CORPORA:
        for package in emoji_packages(corpus).values():
            found[package["file"]] = {key: package[key] for key in ("npm", "hash")}
    for encoder in ENCODERS.values():
        if "url" in encoder:
            file = encoder["url"].rsplit("/", 1)[-1]
            source = {"url": encoder["url"], "hash": f"sha256:{encoder['sha256']}"}
            if found.setdefault(file, source) != source:
                raise WorkflowError(f"encoders: two different downloads are both named {file!r}")
    return found


SOURCES = sources()


def source_of(wildcards):
    """Address and hash of a download."""
    return SOURCES[wildcards.file]


def emoji_archives(wildcards):
    """The downloaded packages of an emoji corpus."""
    files = [package["file"] for package in emoji_packages(wildcards.corpus).values()]
    return expand("results/downloads/{file}", file=files)


def emoji_names(wildcards):
    """The names of `emoji_archives`, in their order."""
    return list(emoji_packages(wildcards.corpus))


def corpus_settings(*keys):
    """A params function: some keys of a corpus's configuration."""

    def settings(wildcards):
        return {key: CORPORA[wildcards.corpus][key] for key in keys}

    return settings


def table_file(wildcards):
    """The table that lists a user's own images and captions."""
    return CORPORA[wildcards.corpus]["file"]


rule downloads:
    """All downloads of the study: run this where there is a network (a login node)."""
    input:
        expand("results/downloads/{file}", file=SOURCES),


rule download:
    """One file, checked against its pinned hash."""
    input:
        library=library_of("download"),
    output:
        "results/downloads/{file}",
    params:
        source=source_of,
        local_files=config["local_files"],
    log:
        "<logs>/download/{file}.log",
    benchmark:
        "<benchmarks>/download/{file}.tsv"
    conda:
        "../../envs/data.yaml"
    wildcard_constraints:
        file=any_of(SOURCES),
    retries: 2
    resources:
        mem_mb=1000,
        runtime=60,
    localrule: True
    script:
        "../../scripts/download.py"


rule read_emoji:
    """Render the vendors' drawings and caption them with Unicode's labels."""
    input:
        archives=emoji_archives,
        library=library_of("read_emoji"),
    output:
        images="<results>/corpora/{corpus}/images.parquet",
        captions="<results>/corpora/{corpus}/captions.parquet",
    params:
        names=emoji_names,
        settings=corpus_settings("image_size", "held_out_vendor", "held_out_concepts", "seed"),
    log:
        "<logs>/read_emoji/{corpus}.log",
    benchmark:
        "<benchmarks>/read_emoji/{corpus}.tsv"
    conda:
        "../../envs/data.yaml"
    wildcard_constraints:
        corpus=any_of(EMOJI_CORPORA),
    resources:
        mem_mb=2000,
        runtime=30,
    script:
        "../../scripts/read_emoji.py"


rule read_table:
    """A user's own images and captions."""
    input:
        table=table_file,
        library=library_of("read_table"),
    output:
        images="<results>/corpora/{corpus}/images.parquet",
        captions="<results>/corpora/{corpus}/captions.parquet",
    log:
        "<logs>/read_table/{corpus}.log",
    benchmark:
        "<benchmarks>/read_table/{corpus}.tsv"
    conda:
        "../../envs/data.yaml"
    wildcard_constraints:
        corpus=any_of(TABLE_CORPORA),
    resources:
        mem_mb=2000,
        runtime=30,
    script:
        "../../scripts/read_table.py"


rule plot_examples:
    """What the corpus looks like: images with their captions."""
    input:
        images="<results>/corpora/{corpus}/images.parquet",
        captions="<results>/corpora/{corpus}/captions.parquet",
        library=library_of("plot_examples"),
    output:
        report(
            "<results>/figures/{corpus}/{split}/examples.svg",
            caption="../report/examples.rst",
            category="5 The data",
            labels={"figure": "Examples", "corpus": "{corpus}", "split": "{split}"},
        ),
        "<results>/figures/{corpus}/{split}/examples.png",
    log:
        "<logs>/plot_examples/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/plot_examples/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    script:
        "../../scripts/plot_examples.py"
