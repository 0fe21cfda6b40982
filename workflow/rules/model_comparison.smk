from modality_gap.study.sections.model_comparison import ModelComparison

compared = ModelComparison(config, places)


rule model_comparison:
    """Size, training data, gap, cone, recall and advice of many encoders."""
    input:
        embeddings=at(EMBEDDINGS["images"], compared.places),
        gaps=at("<results>/gap/{encoder}/{corpus}/{split}.parquet", compared.places),
        cones=at(
            "<results>/cone/{encoder}/{corpus}/{split}/statistics.parquet",
            compared.places,
        ),
        recalls=at(
            "<results>/retrieval/{encoder}/{corpus}/{split}.parquet", compared.places
        ),
        mitigations=at(
            "<results>/mitigations/{encoder}/{corpus}/{split}.parquet",
            compared.advised,
        ),
    output:
        table="<results>/model_comparison.parquet",
        correlations="<results>/model_correlations.parquet",
    log:
        "<logs>/model_comparison.log",
    benchmark:
        "<benchmarks>/model_comparison.tsv"
    priority: 1
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        places=compared.places,
        advised=compared.advised,
        entries=compared.entries(),
        code=code_of("model_comparison"),
    script:
        "../../scripts/model_comparison.py"


rule plot_model_comparison:
    """Gap, cone, recall and advice of many encoders, against their size."""
    input:
        table=rules.model_comparison.output.table,
        correlations=rules.model_comparison.output.correlations,
    output:
        figure(
            "<results>/figures/{corpus}/{split}/model_comparison",
            "Models compared",
            "1 The gap",
            where=places.section_splits("model_comparison"),
        ),
    log:
        "<logs>/plot_model_comparison/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/plot_model_comparison/{corpus}/{split}.tsv"
    priority: 1
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("plot_model_comparison"),
    script:
        "../../scripts/plot_model_comparison.py"


if compared.places:
    TABLES["model_comparison"] = (["<results>/model_comparison.parquet"], None)
    TABLES["model_correlations"] = (["<results>/model_correlations.parquet"], None)
    remarks_of("<results>/model_comparison.parquet")
