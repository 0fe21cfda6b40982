from modality_gap.study.sections.first_steps import FirstSteps

first_steps = FirstSteps(config, runs)


scattergather:
    first_steps=2,


rule first_steps:
    """The gap in the first steps of training, some initialisations a job (yaras2024, Fig. 4b)."""
    input:
        images=runs.corpus_file("images.parquet")(first_steps.run),
        captions=runs.corpus_file("captions.parquet")(first_steps.run),
        architecture=runs.hub_files(first_steps.run),
    output:
        "<results>/first_steps/{scatteritem}.parquet",
    log:
        "<logs>/first_steps/{scatteritem}.log",
    benchmark:
        "<benchmarks>/first_steps/{scatteritem}.tsv"
    conda:
        "../../envs/network.yaml"
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        settings=first_steps.settings(),
        seeds=of(first_steps.seeds, "scatteritem"),
        libraries=runs.libraries(first_steps.run),
        code=code_with("first_steps", runs.architecture, runs.policy)(first_steps.run),
    script:
        "../../scripts/first_steps.py"


rule gather_first_steps:
    """All initialisations in one table."""
    input:
        parts=gather.first_steps("<results>/first_steps/{scatteritem}.parquet"),
    output:
        "<results>/first_steps/gaps.parquet",
    log:
        "<logs>/gather_first_steps.log",
    benchmark:
        "<benchmarks>/gather_first_steps.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        code=code_of("gather"),
    script:
        "../../scripts/gather.py"


rule plot_first_steps:
    """Change of the gap in the first steps of training."""
    input:
        gaps="<results>/first_steps/gaps.parquet",
    output:
        figure(
            "<results>/figures/first_steps/first_steps",
            "The first steps",
            "2 Training",
        ),
    log:
        "<logs>/plot_first_steps.log",
    benchmark:
        "<benchmarks>/plot_first_steps.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("plot_first_steps"),
    script:
        "../../scripts/plot_first_steps.py"


claims_of("first_steps", ["<results>/first_steps/gaps.parquet"])
