from modality_gap.study.sections.mitigations import Mitigations

mitigations = Mitigations(config, places)


rule mitigations:
    """Every way to close the gap, on data it was not fitted on (liang2022, chowers2026, Sec. 5)."""
    input:
        **EMBEDDINGS,
        reference=of(mitigations.reference_files, "encoder", "corpus", "split"),
    output:
        "<results>/mitigations/{encoder}/{corpus}/{split}.parquet",
    log:
        "<logs>/mitigations/{encoder}/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/mitigations/{encoder}/{corpus}/{split}.tsv"
    priority: 1
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        settings=config["mitigations"],
        sample=config["sample"],
        code=code_of("mitigations"),
    script:
        "../../scripts/mitigations.py"


rule plot_mitigations:
    """What each way to close the gap gains and costs, every encoder in a row."""
    input:
        tables=of(
            places.section_tables_on(
                "mitigations",
                "<results>/mitigations/{encoder}/{corpus}/{split}.parquet",
            ),
            "corpus",
            "split",
        ),
    output:
        figure(
            "<results>/figures/{corpus}/{split}/ways_to_close",
            "Ways to close the gap",
            "7 Should you close it?",
            where=places.section_splits("mitigations"),
        ),
    log:
        "<logs>/plot_mitigations/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/plot_mitigations/{corpus}/{split}.tsv"
    priority: 1
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        encoders=of(places.section_encoders_on("mitigations"), "corpus", "split"),
        code=code_of("plot_mitigations"),
    script:
        "../../scripts/plot_mitigations.py"


placed_claims(
    "mitigation_table",
    "<results>/mitigations/{encoder}/{corpus}/{split}.parquet",
    places.section_places("mitigations"),
)
