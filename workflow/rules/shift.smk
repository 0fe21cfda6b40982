wildcard_constraints:
    scope="batches|whole",


rule shift_landscape:
    """Contrastive loss while both modalities move along the gap (liang2022, Fig. 3b-d)."""
    input:
        **EMBEDDINGS,
    output:
        "<results>/shift/{encoder}/{corpus}/{split}.parquet",
    log:
        "<logs>/shift_landscape/{encoder}/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/shift_landscape/{encoder}/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        **config["shift_landscape"],
        sample=config["sample"],
        code=code_of("shift_landscape"),
    script:
        "../../scripts/shift_landscape.py"


rule plot_shift_landscape:
    """Loss against signed centre distance, a panel a temperature."""
    input:
        tables=of(
            places.tables_on("<results>/shift/{encoder}/{corpus}/{split}.parquet"),
            "corpus",
            "split",
        ),
    output:
        figure(
            "<results>/figures/{corpus}/{split}/shift_landscape_{scope}",
            "Loss landscape, {scope}",
            "1 The gap",
            where=[
                (*place, scope)
                for place in places.splits()
                for scope in ("batches", "whole")
            ],
            caption="shift_landscape",
        ),
    log:
        "<logs>/plot_shift_landscape/{corpus}/{split}/{scope}.log",
    benchmark:
        "<benchmarks>/plot_shift_landscape/{corpus}/{split}/{scope}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        encoders=of(places.encoders_on, "corpus", "split"),
        code=code_of("plot_shift_landscape"),
    script:
        "../../scripts/plot_shift_landscape.py"


rule shift_view:
    """Both modalities of each encoder while they move along the gap (liang2022, Fig. 3a)."""
    input:
        **{
            part: of(places.tables_on(file), "corpus", "split")
            for part, file in EMBEDDINGS.items()
        },
    output:
        "<results>/shift_view/{corpus}/{split}.parquet",
    log:
        "<logs>/shift_view/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/shift_view/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        encoders=of(places.encoders_on, "corpus", "split"),
        number=config["views"]["pairs"],
        seed=config["views"]["seed"],
        code=code_of("shift_view"),
    script:
        "../../scripts/shift_view.py"


rule plot_shift_view:
    """Pairs while they move along the gap, every encoder in a row."""
    input:
        table="<results>/shift_view/{corpus}/{split}.parquet",
    output:
        figure(
            "<results>/figures/{corpus}/{split}/shift_view",
            "Moving along the gap",
            "1 The gap",
            where=places.splits(),
        ),
    log:
        "<logs>/plot_shift_view/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/plot_shift_view/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        encoders=of(places.encoders_on, "corpus", "split"),
        code=code_of("plot_shift_view"),
    script:
        "../../scripts/plot_shift_view.py"


claims_of(
    "shift_landscape",
    places.tables("<results>/shift/{encoder}/{corpus}/{split}.parquet", normalized),
    places.keys(normalized),
)
remarks_of(*places.tables("<results>/shift/{encoder}/{corpus}/{split}.parquet"))
claims_of(
    "shift_view",
    [
        f"<results>/shift_view/{corpus}/{split}.parquet"
        for corpus, split in places.splits()
    ],
    [
        {
            "corpus": corpus,
            "split": split,
            "starts": ",".join(filter(None, places.initials_on(corpus, split))),
        }
        for corpus, split in places.splits()
    ],
)
