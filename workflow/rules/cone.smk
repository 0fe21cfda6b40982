rule cosine_statistics:
    """Cosines of all pairs, within and across the modalities (liang2022, Figs. 2a, 6)."""
    input:
        **EMBEDDING_FILES,
        library=library_of("cosine_statistics"),
    output:
        statistics="<results>/cone/{encoder}/{corpus}/{split}/statistics.parquet",
        histogram="<results>/cone/{encoder}/{corpus}/{split}/histogram.parquet",
    log:
        "<logs>/cosine_statistics/{encoder}/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/cosine_statistics/{encoder}/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    script:
        "../../scripts/cosine_statistics.py"


rule plot_cosines:
    """Histograms of all pairwise cosines."""
    input:
        tables=tables_on("<results>/cone/{encoder}/{corpus}/{split}/histogram.parquet"),
        library=library_of("plot_cosines"),
    output:
        report(
            "<results>/figures/{corpus}/{split}/cosines.svg",
            caption="../report/cosines.rst",
            category="3 The cone",
            labels={
                "figure": "Cosines of all pairs",
                "corpus": "{corpus}",
                "split": "{split}",
            },
        ),
        "<results>/figures/{corpus}/{split}/cosines.png",
    log:
        "<logs>/plot_cosines/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/plot_cosines/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        encoders=encoders_on,
        initials=initials_on,
    script:
        "../../scripts/plot_cosines.py"
