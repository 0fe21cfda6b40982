KEPT = ("kind", "architecture", "tag", "seed", "run", "weights")


def encoder_entry(wildcards):
    """What an encoder is, without what does not change its embeddings."""
    entry = ENCODERS[wildcards.encoder]
    return {key: entry[key] for key in KEPT if key in entry}


def architecture_of(encoder):
    """The name of a network's architecture."""
    entry = ENCODERS[encoder]
    return RUNS[entry["run"]]["architecture"] if entry["kind"] == "run" else entry["architecture"]


def encoder_architecture(wildcards):
    """The architecture file of an encoder."""
    return architecture_file(architecture_of(wildcards.encoder))


def encoder_architecture_name(wildcards):
    """The name of an encoder's architecture."""
    return architecture_of(wildcards.encoder)


def encoder_weights(wildcards):
    """The file of an encoder's weights, where it has one."""
    entry = ENCODERS[wildcards.encoder]
    if entry["kind"] == "run":
        return f"<results>/training/{entry['run']}/{entry['weights']}.pt"
    return entry.get("file", [])


def precomputed_files(wildcards):
    """The file or two that hold embeddings which a user brings."""
    entry = ENCODERS[wildcards.encoder]
    if "url" in entry:
        return f"results/downloads/{entry['url'].rsplit('/', 1)[-1]}"
    return entry.get("files") or entry["file"]


rule embed:
    """Raw image and text embeddings of a split; each distinct caption once."""
    input:
        images="<results>/corpora/{corpus}/images.parquet",
        captions="<results>/corpora/{corpus}/captions.parquet",
        architecture=encoder_architecture,
        weights=encoder_weights,
        library=library_of("embed"),
    output:
        **EMBEDDING_FILES,
    params:
        encoder=encoder_entry,
        architecture=encoder_architecture_name,
        settings=config.get("embedding"),
    log:
        "<logs>/embed/{encoder}/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/embed/{encoder}/{corpus}/{split}.tsv"
    conda:
        "../../envs/network.yaml"
    wildcard_constraints:
        encoder=any_of(NETWORKS),
    threads: 8
    resources:
        gpu=1,
        mem_mb=4000,
        runtime=120,
    script:
        "../../scripts/embed.py"


rule read_precomputed:
    """Embeddings that a user brings, in the workflow's own form."""
    input:
        files=precomputed_files,
        library=library_of("read_precomputed"),
    output:
        **EMBEDDING_FILES,
    log:
        "<logs>/read_precomputed/{encoder}/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/read_precomputed/{encoder}/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    wildcard_constraints:
        encoder=any_of(PRECOMPUTED),
    resources:
        mem_mb=4000,
        runtime=30,
    script:
        "../../scripts/read_precomputed.py"
