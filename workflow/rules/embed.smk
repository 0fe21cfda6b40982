rule download_weights:
    """Pretrained weights of open_clip, fetched where there is a network."""
    input:
        architecture=named_architecture,
        library=library_of("download_weights"),
    output:
        "results/downloads/weights/{architecture}/{tag}.txt",
    log:
        "<logs>/download_weights/{architecture}/{tag}.log",
    benchmark:
        "<benchmarks>/download_weights/{architecture}/{tag}.tsv"
    wildcard_constraints:
        architecture="[^/]+",
        tag="[^/]+",
    localrule: True
    conda:
        "../../envs/network.yaml"
    resources:
        mem_mb=4000,
        runtime=120,
    script:
        "../../scripts/download_weights.py"


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
    log:
        "<logs>/embed/{encoder}/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/embed/{encoder}/{corpus}/{split}.tsv"
    wildcard_constraints:
        encoder=any_of(NETWORKS),
    conda:
        "../../envs/network.yaml"
    threads: 8
    resources:
        gpu=1,
        mem_mb=4000,
        runtime=120,
    params:
        encoder=encoder_entry,
        architecture=encoder_architecture_name,
        settings=config["embedding"],
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
    wildcard_constraints:
        encoder=any_of(PRECOMPUTED),
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        files=precomputed_files,
    script:
        "../../scripts/read_precomputed.py"
