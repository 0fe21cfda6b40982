rule mitigations:
    """Every way to close the gap, on data it was not fitted on (liang2022, chowers2026, Sec. 5)."""
    input:
        **EMBEDDING_FILES,
        reference=reference_files,
    output:
        "<results>/mitigations/{encoder}/{corpus}/{split}.parquet",
    log:
        "<logs>/mitigations/{encoder}/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/mitigations/{encoder}/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        settings=config["mitigations"],
        code=code_of("mitigations"),
    script:
        "../../scripts/mitigations.py"


rule plot_mitigations:
    """What each way to close the gap gains and costs, every encoder in a row."""
    input:
        tables=section_tables_on(
            "mitigations", "<results>/mitigations/{encoder}/{corpus}/{split}.parquet"
        ),
    output:
        figure(
            "<results>/figures/{corpus}/{split}/ways_to_close",
            "Ways to close the gap",
            "7 Should you close it?",
            where=section_splits("mitigations"),
        ),
    log:
        "<logs>/plot_mitigations/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/plot_mitigations/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        encoders=section_encoders_on("mitigations"),
        code=code_of("plot_mitigations"),
    script:
        "../../scripts/plot_mitigations.py"


MITIGATED = "<results>/mitigations/{encoder}/{corpus}/{split}.parquet"
placed_claims("mitigation_table", MITIGATED, section_places("mitigations"))
remarks_of(*section_tables("mitigations", MITIGATED))
