rule train:
    """Contrastive training: the weights before and after, the way between, and what came of it."""
    input:
        images=run_corpus("images"),
        captions=run_corpus("captions"),
        classes=run_corpus_classes,
        architecture=run_architecture,
        start=run_start_weights,
    output:
        initial="<results>/training/{run}/{seed}/initial.pt",
        final="<results>/training/{run}/{seed}/final.pt",
        trajectory="<results>/training/{run}/{seed}/trajectory.parquet",
        table="<results>/training/{run}/{seed}/trajectory.csv",
        images="<results>/training/{run}/{seed}/embeddings/images.parquet",
        texts="<results>/training/{run}/{seed}/embeddings/texts.parquet",
        pairs="<results>/training/{run}/{seed}/embeddings/pairs.parquet",
        classes="<results>/training/{run}/{seed}/embeddings/classes.parquet",
    log:
        "<logs>/train/{run}/{seed}.log",
    benchmark:
        "<benchmarks>/train/{run}/{seed}.tsv"
    conda:
        "../../envs/network.yaml"
    threads: run_threads
    resources:
        gpu=run_gpus,
        mem_mb=4000,
        runtime=240,
    params:
        settings=run_settings,
        start=run_start,
        classes=run_classes,
        code=run_code,
    script:
        "../../scripts/train.py"


rule measure_run:
    """Gap, uniformity, retrieval and classification after training, over all seeds of a run."""
    input:
        images=run_files("embeddings/images.parquet"),
        texts=run_files("embeddings/texts.parquet"),
        pairs=run_files("embeddings/pairs.parquet"),
        classes=run_files("embeddings/classes.parquet"),
    output:
        "<results>/training/{run}/measures.parquet",
    log:
        "<logs>/measure_run/{run}.log",
    benchmark:
        "<benchmarks>/measure_run/{run}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        seeds=run_seeds,
        ks=config["retrieval"]["k"],
        settings=config["run_measures"],
        code=code_of("measure_run"),
    script:
        "../../scripts/measure_run.py"


rule plot_trajectories:
    """Loss, temperature, gap and recall along training, a figure a run over all its seeds."""
    input:
        trajectories=seed_trajectories(RUNS),
    output:
        [
            figure(
                f"<results>/figures/training/{run}",
                "Trajectory",
                "2 Training",
                caption="trajectory",
                run=run,
            )
            for run in RUNS
        ],
    log:
        "<logs>/plot_trajectories.log",
    benchmark:
        "<benchmarks>/plot_trajectories.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        runs=list(RUNS),
        run_of_each=[run for run, _ in run_seed_pairs(RUNS)],
        code=code_of("plot_trajectories"),
    script:
        "../../scripts/plot_trajectories.py"


remarks_of(*run_seed_files("embeddings/texts.parquet"))
