from modality_gap.study.sections.modality_pairs import ModalityPairs

modality_pairs = ModalityPairs(config, places)


rule modality_pairs:
    """The gap of every pair of modalities of a model, in one table."""
    input:
        images=at(EMBEDDINGS["images"], modality_pairs.places()),
        texts=at(EMBEDDINGS["texts"], modality_pairs.places()),
        pairs=at(EMBEDDINGS["pairs"], modality_pairs.places()),
        gaps=at(
            "<results>/gap/{encoder}/{corpus}/{split}.parquet", modality_pairs.places()
        ),
        cones=at(
            "<results>/cone/{encoder}/{corpus}/{split}/statistics.parquet",
            modality_pairs.places(),
        ),
        recalls=at(
            "<results>/retrieval/{encoder}/{corpus}/{split}.parquet",
            modality_pairs.places(),
        ),
    output:
        table="<results>/modality_pairs.parquet",
        csv=report(
            "<results>/modality_pairs.csv",
            category="0 The numbers",
            labels={"table": "Gaps of all pairs of modalities"},
        ),
    log:
        "<logs>/modality_pairs.log",
    benchmark:
        "<benchmarks>/modality_pairs.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        measured=modality_pairs.keys,
        code=code_of("modality_pairs"),
    script:
        "../../scripts/modality_pairs.py"


rule plot_modality_pairs:
    """The gaps of all pairs of modalities, a square a model."""
    input:
        "<results>/modality_pairs.parquet",
    output:
        figure(
            "<results>/figures/modality_pairs",
            "Gaps of all pairs of modalities",
            "1 The gap",
        ),
    log:
        "<logs>/plot_modality_pairs.log",
    benchmark:
        "<benchmarks>/plot_modality_pairs.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("plot_modality_pairs"),
    script:
        "../../scripts/plot_modality_pairs.py"


TABLES["modality_pairs"] = (["<results>/modality_pairs.parquet"], None)
