rule fairness:
    """Who is given which class while the images move (liang2022, Sec. 5.2, Tables 2 and 4)."""
    input:
        images=fairness_images,
        labels=fairness_labels,
        reference=fairness_reference,
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
        mem_mb=4000,
        runtime=30,
    params:
        settings=fairness_settings,
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
        fairness_rates=[
            report(
                "<results>/figures/fairness/{encoder}/{fairness}/fairness_rates.svg",
                caption="../report/fairness_rates.rst",
                category="6 Fairness",
                labels={
                    "figure": "Fairness along the gap",
                    "encoder": "{encoder}",
                    "study": "{fairness}",
                },
            ),
            "<results>/figures/fairness/{encoder}/{fairness}/fairness_rates.png",
        ],
        fairness_gaps=[
            report(
                "<results>/figures/fairness/{encoder}/{fairness}/fairness_gaps.svg",
                caption="../report/fairness_gaps.rst",
                category="6 Fairness",
                labels={
                    "figure": "Differences between groups",
                    "encoder": "{encoder}",
                    "study": "{fairness}",
                },
            ),
            "<results>/figures/fairness/{encoder}/{fairness}/fairness_gaps.png",
        ],
        fairness_changes=[
            report(
                "<results>/figures/fairness/{encoder}/{fairness}/fairness_changes.svg",
                caption="../report/fairness_changes.rst",
                category="6 Fairness",
                labels={
                    "figure": "Groups before and after",
                    "encoder": "{encoder}",
                    "study": "{fairness}",
                },
            ),
            "<results>/figures/fairness/{encoder}/{fairness}/fairness_changes.png",
        ],
        fairness_confusion=[
            report(
                "<results>/figures/fairness/{encoder}/{fairness}/fairness_confusion.svg",
                caption="../report/fairness_confusion.rst",
                category="6 Fairness",
                labels={
                    "figure": "Classes given to each group",
                    "encoder": "{encoder}",
                    "study": "{fairness}",
                },
            ),
            "<results>/figures/fairness/{encoder}/{fairness}/fairness_confusion.png",
        ],
    log:
        "<logs>/plot_fairness/{encoder}/{fairness}.log",
    benchmark:
        "<benchmarks>/plot_fairness/{encoder}/{fairness}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_of("plot_fairness"),
    script:
        "../../scripts/plot_fairness.py"
