rule measure_gap:
    """How far apart the two modalities are (liang2022, Sec. 4.2)."""
    input:
        **EMBEDDINGS,
    output:
        measures="<results>/gap/{encoder}/{corpus}/{split}.parquet",
        cosines="<results>/gap_cosines/{encoder}/{corpus}/{split}.parquet",
    log:
        "<logs>/measure_gap/{encoder}/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/measure_gap/{encoder}/{corpus}/{split}.tsv"
    priority: 1
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        sample=config["sample"],
        code=code_of("measure_gap"),
    script:
        "../../scripts/measure_gap.py"


rule plot_gap:
    """The modality gap of every encoder, before and after training."""
    input:
        tables=of(
            places.tables_on("<results>/gap/{encoder}/{corpus}/{split}.parquet"),
            "corpus",
            "split",
        ),
    output:
        figure(
            "<results>/figures/{corpus}/{split}/gap",
            "Modality gap",
            "1 The gap",
            where=places.splits(),
        ),
    log:
        "<logs>/plot_gap/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/plot_gap/{corpus}/{split}.tsv"
    priority: 1
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        encoders=of(places.encoders_on, "corpus", "split"),
        initials=of(places.initials_on, "corpus", "split"),
        code=code_of("plot_gap"),
    script:
        "../../scripts/plot_gap.py"


rule plot_gap_cosines:
    """Is the gap orthogonal to what distinguishes items (chowers2026, Fig. 13)?"""
    input:
        tables=of(
            places.tables_on(
                "<results>/gap_cosines/{encoder}/{corpus}/{split}.parquet"
            ),
            "corpus",
            "split",
        ),
    output:
        figure(
            "<results>/figures/{corpus}/{split}/gap_cosines",
            "Orthogonality of the gap",
            "1 The gap",
            where=places.splits(),
        ),
    log:
        "<logs>/plot_gap_cosines/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/plot_gap_cosines/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        encoders=of(places.encoders_on, "corpus", "split"),
        initials=of(places.initials_on, "corpus", "split"),
        code=code_of("plot_gap_cosines"),
    script:
        "../../scripts/plot_gap_cosines.py"


tables_of(
    "gap",
    "<results>/gap/{encoder}/{corpus}/{split}.parquet",
    [*places.evaluations()],
)
remarks_of(*places.tables("<results>/gap/{encoder}/{corpus}/{split}.parquet"))

normalized = [
    name
    for name in places.paired
    if config["encoders"][name].get("normalization", True)
]
claims_of(
    "gap_cosines",
    places.tables(
        "<results>/gap_cosines/{encoder}/{corpus}/{split}.parquet", normalized
    ),
    places.keys(normalized),
)
claims_of(
    "gap_of_models",
    places.tables("<results>/gap/{encoder}/{corpus}/{split}.parquet", normalized),
    [
        key | {"amended": places.amended(key["encoder"])}
        for key in places.keys(normalized)
    ],
)
bare = [place for place in places.evaluations() if place[0] not in normalized]
claims_of(
    "gap_without_normalization",
    at("<results>/gap/{encoder}/{corpus}/{split}.parquet", bare),
    [{"place": f"{encoder} on {corpus} {split}"} for encoder, corpus, split in bare],
)
