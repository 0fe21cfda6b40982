rule rephrasing:
    """Choices in other words while the gap closes (chowers2026, Figs. 1b, 10, 15, Sec. 5.3, App. F)."""
    input:
        images=EMBEDDINGS["images"],
        labels="<results>/corpora/{corpus}/images.parquet",
        captions="<results>/corpora/{corpus}/captions.parquet",
        classes="<results>/corpora/{corpus}/classes.yaml",
        prompts="<results>/embeddings/{encoder}/prompts/rephrasing.parquet",
    output:
        choices="<results>/rephrasing/{encoder}/{corpus}/{split}/choices.parquet",
        noise="<results>/rephrasing/{encoder}/{corpus}/{split}/noise.parquet",
        templates="<results>/rephrasing/{encoder}/{corpus}/{split}/templates.parquet",
    log:
        "<logs>/rephrasing/{encoder}/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/rephrasing/{encoder}/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(8000),
        runtime=growing(600),
    params:
        settings=config["rephrasing"],
        code=code_of("rephrasing"),
    script:
        "../../scripts/rephrasing.py"


rule plot_rephrasing:
    """Choices and noise of rephrasing, every encoder in two rows (chowers2026, Figs. 10, 15)."""
    input:
        choices=of(
            places.section_tables_on(
                "rephrasing",
                "<results>/rephrasing/{encoder}/{corpus}/{split}/choices.parquet",
            ),
            "corpus",
            "split",
        ),
        noises=of(
            places.section_tables_on(
                "rephrasing",
                "<results>/rephrasing/{encoder}/{corpus}/{split}/noise.parquet",
            ),
            "corpus",
            "split",
        ),
    output:
        figure(
            "<results>/figures/{corpus}/{split}/rephrasing",
            "Rephrasing",
            "7 Should you close it?",
            where=places.section_splits("rephrasing"),
        ),
    log:
        "<logs>/plot_rephrasing/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/plot_rephrasing/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        encoders=of(places.section_encoders_on("rephrasing"), "corpus", "split"),
        code=code_of("plot_rephrasing"),
    script:
        "../../scripts/plot_rephrasing.py"


for table in ("choices", "noise", "templates"):
    placed_claims(
        table,
        f"<results>/rephrasing/{{encoder}}/{{corpus}}/{{split}}/{table}.parquet",
        places.section_places("rephrasing"),
    )
remarks_of(
    *(
        prompts_file(encoder, "rephrasing")
        for encoder in dict.fromkeys(
            place[0] for place in places.section_places("rephrasing")
        )
    )
)
