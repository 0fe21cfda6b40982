from modality_gap.study.sections.fairness import Fairness

fairness = Fairness(config)


wildcard_constraints:
    fairness=any_of(config["fairness"]),


rule fairness:
    """Who is given which class while the images move (liang2022, Sec. 5.2, Tables 2 and 4)."""
    input:
        images=of(fairness.images, "encoder", "fairness"),
        labels=of(fairness.labels, "fairness"),
        reference=of(fairness.reference, "encoder", "fairness"),
        prompts="<results>/embeddings/{encoder}/prompts/fairness.parquet",
    output:
        rates="<results>/fairness/{encoder}/{fairness}/rates.parquet",
        gaps="<results>/fairness/{encoder}/{fairness}/gaps.parquet",
        confusion="<results>/fairness/{encoder}/{fairness}/confusion.parquet",
        changes="<results>/fairness/{encoder}/{fairness}/changes.parquet",
    log:
        "<logs>/fairness/{encoder}/{fairness}.log",
    benchmark:
        "<benchmarks>/fairness/{encoder}/{fairness}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        settings=of(fairness.settings, "fairness"),
        code=code_of("fairness"),
    script:
        "../../scripts/fairness.py"


rule plot_fairness:
    """Rates, differences, changes and confusion of the groups (liang2022, Tables 2 and 4)."""
    input:
        rates="<results>/fairness/{encoder}/{fairness}/rates.parquet",
        gaps="<results>/fairness/{encoder}/{fairness}/gaps.parquet",
        confusion="<results>/fairness/{encoder}/{fairness}/confusion.parquet",
    output:
        fairness_rates=figure(
            "<results>/figures/fairness/{encoder}/{fairness}/fairness_rates",
            "Fairness along the gap",
            "6 Fairness",
            where=fairness.places(),
        ),
        fairness_gaps=figure(
            "<results>/figures/fairness/{encoder}/{fairness}/fairness_gaps",
            "Differences between groups",
            "6 Fairness",
            where=fairness.places(),
        ),
        fairness_changes=figure(
            "<results>/figures/fairness/{encoder}/{fairness}/fairness_changes",
            "Groups before and after",
            "6 Fairness",
            where=fairness.places(),
        ),
        fairness_confusion=figure(
            "<results>/figures/fairness/{encoder}/{fairness}/fairness_confusion",
            "Classes given to each group",
            "6 Fairness",
            where=fairness.places(),
        ),
    log:
        "<logs>/plot_fairness/{encoder}/{fairness}.log",
    benchmark:
        "<benchmarks>/plot_fairness/{encoder}/{fairness}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("plot_fairness"),
    script:
        "../../scripts/plot_fairness.py"


claims_of(
    "fairness_changes",
    fairness.tables("changes"),
    [{"fairness": name, "encoder": encoder} for encoder, name in fairness.places()],
)
claims_of(
    "fairness_rates",
    fairness.tables("rates"),
    [{"fairness": name, "encoder": encoder} for encoder, name in fairness.places()],
)
remarks_of(*fairness.tables("rates"))
remarks_of(*(prompts_file(encoder, "fairness") for encoder, _ in fairness.places()))
