rule train:
    """Contrastive training from scratch; the weights before and after, and the way between."""
    input:
        images=run_corpus("images"),
        captions=run_corpus("captions"),
        architecture=run_architecture,
        library=library_of("train"),
    output:
        initial="<results>/training/{run}/{seed}/initial.pt",
        final="<results>/training/{run}/{seed}/final.pt",
        trajectory="<results>/training/{run}/{seed}/trajectory.parquet",
        table="<results>/training/{run}/{seed}/trajectory.csv",
    log:
        "<logs>/train/{run}/{seed}.log",
    benchmark:
        "<benchmarks>/train/{run}/{seed}.tsv"
    conda:
        "../../envs/network.yaml"
    threads: 8
    resources:
        gpu=1,
        mem_mb=4000,
        runtime=240,
    params:
        settings=run_settings,
    script:
        "../../scripts/train.py"


rule plot_trajectory:
    """Loss, temperature, gap and recall along training, over all seeds of a run."""
    input:
        trajectories=run_trajectories,
        library=library_of("plot_trajectory"),
    output:
        report(
            "<results>/figures/training/{run}/trajectory.svg",
            caption="../report/trajectory.rst",
            category="2 Training",
            labels={"figure": "Trajectory", "run": "{run}"},
        ),
        "<results>/figures/training/{run}/trajectory.png",
    log:
        "<logs>/plot_trajectory/{run}.log",
    benchmark:
        "<benchmarks>/plot_trajectory/{run}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../../scripts/plot_trajectory.py"
