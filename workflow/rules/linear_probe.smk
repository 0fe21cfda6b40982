from modality_gap.study.sections.linear_probe import LinearProbe

linear_probe = LinearProbe(config)


rule linear_probe:
    """Linear probes, their regularisation chosen on images set apart (yaras2024, App. E.3)."""
    input:
        unpack(of(linear_probe.files, "encoder")),
    output:
        accuracies="<results>/linear_probe/{encoder}/accuracies.parquet",
        candidates="<results>/linear_probe/{encoder}/candidates.parquet",
    log:
        "<logs>/linear_probe/{encoder}.log",
    benchmark:
        "<benchmarks>/linear_probe/{encoder}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        settings=of(linear_probe.settings, "encoder"),
        code=code_of("linear_probe"),
    script:
        "../../scripts/linear_probe.py"


rule plot_linear_probe:
    """Accuracy of linear probes against their regularisation."""
    input:
        **{
            table: expand(
                f"<results>/linear_probe/{{encoder}}/{table}.parquet",
                encoder=config["linear_probe"]["encoders"],
            )
            for table in ("accuracies", "candidates")
        },
    output:
        figure(
            "<results>/figures/linear_probe/linear_probe",
            "Linear probes",
            "5 What the gap does",
        ),
    log:
        "<logs>/plot_linear_probe.log",
    benchmark:
        "<benchmarks>/plot_linear_probe.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("plot_linear_probe"),
    script:
        "../../scripts/plot_linear_probe.py"
