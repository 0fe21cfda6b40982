from modality_gap.study.sections.run_comparisons import RunComparisons, mitigation

comparisons = RunComparisons(config, runs)


rule compare_runs:
    """What training does to the gap, over runs (liang2022, Figs. 8, 16, Sec. 4.4; yaras2024, Sec. 4)."""
    input:
        measures=comparisons.measures(),
        trajectories=runs.files("trajectory.parquet", comparisons.followed),
    output:
        **comparisons.tables(),
    log:
        "<logs>/compare_runs.log",
    benchmark:
        "<benchmarks>/compare_runs.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        comparisons=config["run_comparisons"],
        runs=comparisons.facts(),
        trajectories=runs.pairs(comparisons.followed),
        code=code_of("compare_runs"),
    script:
        "../../scripts/compare_runs.py"


rule plot_run_comparisons:
    """The answers of `compare_runs`, a figure each."""
    input:
        **comparisons.tables(),
    output:
        **{
            name: figure(
                f"<results>/figures/run_comparisons/{name}", label, "2 Training"
            )
            for name, label in comparisons.figures.items()
        },
    log:
        "<logs>/plot_run_comparisons.log",
    benchmark:
        "<benchmarks>/plot_run_comparisons.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("plot_run_comparisons"),
    script:
        "../../scripts/plot_run_comparisons.py"


for table, file in comparisons.tables().items():
    claims_of(table, [file])
claims_of(
    "long_trajectories",
    runs.files("trajectory.parquet", comparisons.long),
    [{"seed": seed} for _, seed in runs.pairs(comparisons.long)],
)
mitigated = config["run_comparisons"].get("mitigations", [])
claims_of(
    "trajectories",
    runs.files("trajectory.parquet", mitigated),
    [
        {
            "run": run,
            "seed": seed,
            "policy": config["training"][run]["temperature"]["policy"],
        }
        | mitigation(config["training"][run])
        for run, seed in runs.pairs(mitigated)
    ],
)

if run_measures.elsewhere:
    remarks_of(*comparisons.measures())
