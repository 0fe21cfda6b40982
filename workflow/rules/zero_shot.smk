from modality_gap.study.sections.zero_shot import ZeroShot

zero_shot = ZeroShot(config)


rule zero_shot:
    """Zero-shot accuracy while images and texts move along the gap (liang2022, Sec. 5.1)."""
    input:
        unpack(of(zero_shot.directions, "encoder")),
        images=EMBEDDINGS["images"],
        labels="<results>/corpora/{corpus}/images.parquet",
        classes=corpus_file("{corpus}", "classes.yaml"),
        prompts="<results>/embeddings/{encoder}/prompts/zero_shot.parquet",
    output:
        curves="<results>/zero_shot/{encoder}/{corpus}/{split}/curves.parquet",
        gains="<results>/zero_shot/{encoder}/{corpus}/{split}/gains.parquet",
    log:
        "<logs>/zero_shot/{encoder}/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/zero_shot/{encoder}/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        settings=of(zero_shot.settings, "encoder"),
        stamps=zero_shot.stamps(),
        code=code_of("zero_shot"),
    script:
        "../../scripts/zero_shot.py"


rule plot_zero_shot:
    """Zero-shot accuracy along the gap, and what moving gains (liang2022, Fig. 10, Tables 1, 5)."""
    input:
        curves=zero_shot.tables("curves"),
        gains=zero_shot.tables("gains"),
    output:
        zero_shot=figure(
            "<results>/figures/zero_shot/zero_shot",
            "Zero-shot accuracy along the gap",
            "5 What the gap does",
        ),
        shift_gains=figure(
            "<results>/figures/zero_shot/shift_gains",
            "What moving the gap gains",
            "5 What the gap does",
        ),
    log:
        "<logs>/plot_zero_shot.log",
    benchmark:
        "<benchmarks>/plot_zero_shot.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("plot_zero_shot"),
    script:
        "../../scripts/plot_zero_shot.py"


claims_of("zero_shot_gains", zero_shot.tables("gains"))
remarks_of(
    *zero_shot.tables("curves"),
    *(
        prompts_file(encoder, "zero_shot")
        for encoder in config["zero_shot"]["encoders"]
    ),
)
