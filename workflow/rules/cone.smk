rule cosine_statistics:
    """Cosines of all pairs, within and across the modalities (liang2022, Figs. 2a, 6)."""
    input:
        unpack(side_embeddings),
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
    params:
        code=code_of("cosine_statistics"),
    script:
        "../../scripts/cosine_statistics.py"


rule plot_cosines:
    """Histograms of all pairwise cosines."""
    input:
        tables=tables_on("<results>/cone/{encoder}/{corpus}/{split}/histogram.parquet"),
    output:
        figure(
            "<results>/figures/{corpus}/{split}/cosines",
            "Cosines of all pairs",
            "3 The cone",
            where=evaluated_splits(),
        ),
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
        code=code_of("plot_cosines"),
    script:
        "../../scripts/plot_cosines.py"


rule plot_cone:
    """The cone of every encoder's modalities, on data and on noise."""
    input:
        data=cone_histograms,
        noise=noise_histograms,
    output:
        figure(
            "<results>/figures/{corpus}/{split}/cone",
            "Cones on data and on noise",
            "3 The cone",
            where=evaluated_splits(ENCODERS),
        ),
    log:
        "<logs>/plot_cone/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/plot_cone/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        encoders=cone_encoders_on,
        initials=cone_initials_on,
        noise_encoders=noise_encoders_on,
        code=code_of("plot_cone"),
    script:
        "../../scripts/plot_cone.py"


remarks_of(
    *tables_at(
        "<results>/cone/{encoder}/{corpus}/{split}/statistics.parquet",
        evaluations(ENCODERS),
    )
)
