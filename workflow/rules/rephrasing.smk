rule rephrasing:
    """Choices in other words while the gap closes (chowers2026, Sec. 5.3, App. F, Figs. 10, 15)."""
    input:
        images=EMBEDDING_FILES["images"],
        labels="<results>/corpora/{corpus}/images.parquet",
        captions="<results>/corpora/{corpus}/captions.parquet",
        classes="<results>/corpora/{corpus}/classes.yaml",
        prompts="<results>/embeddings/{encoder}/prompts/rephrasing.parquet",
    output:
        choices="<results>/rephrasing/{encoder}/{corpus}/{split}/choices.parquet",
        noise="<results>/rephrasing/{encoder}/{corpus}/{split}/noise.parquet",
    log:
        "<logs>/rephrasing/{encoder}/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/rephrasing/{encoder}/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        settings=config["rephrasing"],
        code=code_of("rephrasing"),
    script:
        "../../scripts/rephrasing.py"


rule plot_rephrasing:
    """Choices and noise of rephrasing, every encoder in two rows (chowers2026, Figs. 10, 15)."""
    input:
        choices=section_tables_on(
            "rephrasing",
            "<results>/rephrasing/{encoder}/{corpus}/{split}/choices.parquet",
        ),
        noises=section_tables_on(
            "rephrasing",
            "<results>/rephrasing/{encoder}/{corpus}/{split}/noise.parquet",
        ),
    output:
        figure(
            "<results>/figures/{corpus}/{split}/rephrasing",
            "Rephrasing",
            "7 Should you close it?",
            where=section_splits("rephrasing"),
        ),
    log:
        "<logs>/plot_rephrasing/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/plot_rephrasing/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        encoders=section_encoders_on("rephrasing"),
        code=code_of("plot_rephrasing"),
    script:
        "../../scripts/plot_rephrasing.py"


REPHRASED = "<results>/rephrasing/{encoder}/{corpus}/{split}"
for table in ("choices", "noise"):
    placed_claims(table, f"{REPHRASED}/{table}.parquet", section_places("rephrasing"))
    remarks_of(*section_tables("rephrasing", f"{REPHRASED}/{table}.parquet"))
remarks_of(*prompts_of("rephrasing", config["rephrasing"]["encoders"]))
