rule quantization:
    """Neighbours and recall in few bits while the gap closes (chowers2026, Sec. 5.2, Fig. 9)."""
    input:
        **EMBEDDINGS,
    output:
        "<results>/quantization/{encoder}/{corpus}/{split}.parquet",
    log:
        "<logs>/quantization/{encoder}/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/quantization/{encoder}/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        settings=config["quantization"],
        sample=config["sample"],
        code=code_of("quantization"),
    script:
        "../../scripts/quantization.py"


rule plot_quantization:
    """Neighbours kept through quantisation, every encoder in a row (chowers2026, Fig. 9)."""
    input:
        tables=of(
            places.section_tables_on(
                "quantization",
                "<results>/quantization/{encoder}/{corpus}/{split}.parquet",
            ),
            "corpus",
            "split",
        ),
    output:
        figure(
            "<results>/figures/{corpus}/{split}/quantization",
            "Quantisation",
            "7 Should you close it?",
            where=places.section_splits("quantization"),
        ),
    log:
        "<logs>/plot_quantization/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/plot_quantization/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        encoders=of(places.section_encoders_on("quantization"), "corpus", "split"),
        code=code_of("plot_quantization"),
    script:
        "../../scripts/plot_quantization.py"


placed_claims(
    "quantization",
    "<results>/quantization/{encoder}/{corpus}/{split}.parquet",
    places.section_places("quantization"),
)
