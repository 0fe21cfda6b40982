rule compare_runs:
    """What training does to the gap, over runs (liang2022, Figs. 8, 16, Sec. 4.4; yaras2024, Sec. 4)."""
    input:
        measures=expand(
            "<results>/training/{run}/measures.parquet", run=COMPARED_RUNS["measures"]
        ),
        trajectories=seed_trajectories(COMPARED_RUNS["trajectories"]),
    output:
        **{
            table: f"<results>/run_comparisons/{table}.parquet"
            for table in COMPARISON_TABLES
        },
    log:
        "<logs>/compare_runs.log",
    benchmark:
        "<benchmarks>/compare_runs.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        comparisons=config["run_comparisons"],
        runs=compared_runs(),
        trajectories=run_seed_pairs(COMPARED_RUNS["trajectories"]),
        code=code_of("compare_runs"),
    script:
        "../../scripts/compare_runs.py"


rule plot_run_comparisons:
    """The answers of `compare_runs`, a figure each."""
    input:
        **{
            table: f"<results>/run_comparisons/{table}.parquet"
            for table in COMPARISON_TABLES
        },
    output:
        **{
            name: figure(
                f"<results>/figures/run_comparisons/{name}", label, "2 Training"
            )
            for name, label in COMPARISON_FIGURES.items()
        },
    log:
        "<logs>/plot_run_comparisons.log",
    benchmark:
        "<benchmarks>/plot_run_comparisons.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_of("plot_run_comparisons"),
    script:
        "../../scripts/plot_run_comparisons.py"


for table in COMPARISON_TABLES:
    claims_of(table, [f"<results>/run_comparisons/{table}.parquet"])
