SHIFTED = "<results>/shifted_recall/{encoder}/{corpus}/{split}"
SHIFTED_PLACES = list(places.evaluations(config["shifted_recall"]["encoders"]))


rule shifted_recall:
    """Recall@k while images and texts move along the gap (cf. chowers2026, Fig. 2b)."""
    input:
        **EMBEDDINGS,
    output:
        curves="<results>/shifted_recall/{encoder}/{corpus}/{split}/curves.parquet",
        gains="<results>/shifted_recall/{encoder}/{corpus}/{split}/gains.parquet",
    log:
        "<logs>/shifted_recall/{encoder}/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/shifted_recall/{encoder}/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        settings=config["shifted_recall"],
        sample=config["sample"],
        code=code_of("shifted_recall"),
    script:
        "../../scripts/shifted_recall.py"


rule plot_shifted_recall:
    """Recall@k against signed centre distance."""
    input:
        curves=at(f"{SHIFTED}/curves.parquet", SHIFTED_PLACES),
        gains=at(f"{SHIFTED}/gains.parquet", SHIFTED_PLACES),
    output:
        figure(
            "<results>/figures/shifted_recall/shifted_recall",
            "Recall along the gap",
            "5 What the gap does",
        ),
    log:
        "<logs>/plot_shifted_recall.log",
    benchmark:
        "<benchmarks>/plot_shifted_recall.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("plot_shifted_recall"),
    script:
        "../../scripts/plot_shifted_recall.py"


claims_of("shifted_recall_gains", at(f"{SHIFTED}/gains.parquet", SHIFTED_PLACES))
remarks_of(*at(f"{SHIFTED}/curves.parquet", SHIFTED_PLACES))
