rule pair_matching:
    """Two images and two statements that differ in one pattern (yaras2024, Table 1, App. E.3)."""
    input:
        **EMBEDDINGS,
        labels="<results>/corpora/{corpus}/images.parquet",
    output:
        "<results>/pair_matching/{encoder}/{corpus}/{split}.parquet",
    log:
        "<logs>/pair_matching/{encoder}/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/pair_matching/{encoder}/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        settings=config["pair_matching"],
        code=code_of("pair_matching"),
    script:
        "../../scripts/pair_matching.py"


rule plot_pair_matching:
    """Pairs matched without fault, by pattern and along the gap."""
    input:
        tables=expand(
            "<results>/pair_matching/{encoder}/{corpus}/{split}.parquet",
            encoder=config["pair_matching"]["encoders"],
            corpus=config["pair_matching"]["corpus"],
            split=config["pair_matching"]["split"],
        ),
    output:
        figure(
            "<results>/figures/pair_matching/pair_matching",
            "Pairs that differ in one pattern",
            "5 What the gap does",
        ),
    log:
        "<logs>/plot_pair_matching.log",
    benchmark:
        "<benchmarks>/plot_pair_matching.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("plot_pair_matching"),
    script:
        "../../scripts/plot_pair_matching.py"
