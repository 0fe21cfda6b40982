rule recall:
    """Recall@k in both directions."""
    input:
        **EMBEDDINGS,
    output:
        "<results>/retrieval/{encoder}/{corpus}/{split}.parquet",
    log:
        "<logs>/recall/{encoder}/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/recall/{encoder}/{corpus}/{split}.tsv"
    priority: 1
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        ks=config["retrieval"]["k"],
        sample=config["sample"],
        code=code_of("recall"),
    script:
        "../../scripts/recall.py"


rule plot_recall:
    """Recall@k of every encoder."""
    input:
        tables=of(
            places.tables_on("<results>/retrieval/{encoder}/{corpus}/{split}.parquet"),
            "corpus",
            "split",
        ),
    output:
        figure(
            "<results>/figures/{corpus}/{split}/recall",
            "Recall@k",
            "4 Retrieval",
            where=places.splits(),
        ),
    log:
        "<logs>/plot_recall/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/plot_recall/{corpus}/{split}.tsv"
    priority: 1
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        encoders=of(places.encoders_on, "corpus", "split"),
        code=code_of("plot_recall"),
    script:
        "../../scripts/plot_recall.py"


tables_of(
    "recall",
    "<results>/retrieval/{encoder}/{corpus}/{split}.parquet",
    [*places.evaluations()],
)
remarks_of(*places.tables("<results>/retrieval/{encoder}/{corpus}/{split}.parquet"))
