from modality_gap.study.sections.run_measures import RunMeasures
from modality_gap.study.runs import run_files

run_measures = RunMeasures(config, runs)


rule prepare_images:
    """The images of a corpus as networks of one size take them, decoded once for all runs."""
    input:
        images="<results>/corpora/{corpus}/images.parquet",
    output:
        "<results>/corpora/{corpus}/prepared/{size}.arrow",
    log:
        "<logs>/prepare_images/{corpus}/{size}.log",
    benchmark:
        "<benchmarks>/prepare_images/{corpus}/{size}.tsv"
    wildcard_constraints:
        size="[0-9]+",
    priority: 2
    conda:
        "../../envs/network.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        libraries=[],
        code=code_of("prepare_images"),
    script:
        "../../scripts/prepare_images.py"


rule train:
    """Contrastive training: the weights before and after, the way between, and what came of it."""
    input:
        images=of(runs.corpus_file("images.parquet"), "run"),
        captions=of(runs.corpus_file("captions.parquet"), "run"),
        classes=of(runs.corpus_file("classes.yaml"), "run"),
        architecture=of(runs.hub_files, "run"),
        start=of(runs.start_weights, "run"),
        prepared=of(runs.prepared_images, "run"),
    output:
        **run_files("{run}/{seed}"),
    log:
        "<logs>/train/{run}/{seed}.log",
    benchmark:
        "<benchmarks>/train/{run}/{seed}.tsv"
    wildcard_constraints:
        run=any_of(runs.of_one_rate),
    priority: of(runs.priority, "run")
    conda:
        "../../envs/network.yaml"
    threads: of(runs.threads, "run")
    resources:
        gpu=of(runs.gpus, "run"),
        mem_mb=growing(4000),
        runtime=growing(240),
    params:
        settings=of(runs.settings, "run", "seed"),
        start=of(runs.start, "run"),
        classes=of(runs.classes, "run"),
        libraries=of(runs.libraries, "run"),
        code=of(code_with("train", runs.architecture, runs.policy), "run"),
    script:
        "../../scripts/train.py"


use rule train as train_candidate with:
    output:
        **run_files("{run}/candidates/{learning_rate}"),
    log:
        "<logs>/train/{run}/candidates/{learning_rate}.log",
    benchmark:
        "<benchmarks>/train/{run}/candidates/{learning_rate}.tsv"
    wildcard_constraints:
        run=any_of(runs.of_several_rates),
        learning_rate="[^/]+",
    params:
        settings=of(runs.candidate, "run", "learning_rate"),
        start=of(runs.start, "run"),
        classes=of(runs.classes, "run"),
        libraries=of(runs.libraries, "run"),
        code=of(code_with("train", runs.architecture, runs.policy), "run"),


rule choose_learning_rate:
    """Which learning rate a run is done at, by recall on validation (yaras2024, App. E.1)."""
    input:
        trajectories=of(runs.candidate_trajectories, "run"),
    output:
        "<results>/training/{run}/learning_rates.parquet",
    log:
        "<logs>/choose_learning_rate/{run}.log",
    benchmark:
        "<benchmarks>/choose_learning_rate/{run}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        learning_rates=of(runs.learning_rates, "run"),
        code=code_of("choose_learning_rate"),
    script:
        "../../scripts/choose_learning_rate.py"


rule take_candidate:
    """The first seed of a run: what was trained at the chosen learning rate already."""
    input:
        unpack(of(runs.candidate_files, "run")),
        learning_rates=of(runs.choice, "run"),
    output:
        **run_files("{run}/{seed}"),
    log:
        "<logs>/take_candidate/{run}/{seed}.log",
    benchmark:
        "<benchmarks>/take_candidate/{run}/{seed}.tsv"
    wildcard_constraints:
        run=runs.first_seed_pattern(True),
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        learning_rates=of(runs.learning_rates, "run"),
        code=code_of("take_candidate"),
    script:
        "../../scripts/take_candidate.py"


use rule train as train_chosen with:
    input:
        images=of(runs.corpus_file("images.parquet"), "run"),
        captions=of(runs.corpus_file("captions.parquet"), "run"),
        classes=of(runs.corpus_file("classes.yaml"), "run"),
        architecture=of(runs.hub_files, "run"),
        start=of(runs.start_weights, "run"),
        prepared=of(runs.prepared_images, "run"),
        learning_rates=of(runs.choice, "run"),
    log:
        "<logs>/train_chosen/{run}/{seed}.log",
    benchmark:
        "<benchmarks>/train_chosen/{run}/{seed}.tsv"
    wildcard_constraints:
        run=runs.first_seed_pattern(False),


rule embed_run:
    """Another corpus than its own, embedded by a trained run (yaras2024, App. E.3)."""
    input:
        images=of(run_measures.images, "measure"),
        captions=of(run_measures.captions, "measure"),
        classes=of(run_measures.class_names, "measure"),
        weights=of(run_measures.weights, "run", "seed"),
        architecture=of(runs.hub_files, "run"),
    output:
        "<results>/training/{run}/{seed}/elsewhere/{measure}.parquet",
    log:
        "<logs>/embed_run/{run}/{seed}/{measure}.log",
    benchmark:
        "<benchmarks>/embed_run/{run}/{seed}/{measure}.tsv"
    wildcard_constraints:
        measure=any_of(run_measures.elsewhere),
    conda:
        "../../envs/network.yaml"
    threads: of(runs.threads, "run")
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        encoder=of(run_measures.encoder, "run"),
        task=of(run_measures.task, "measure"),
        settings=config["embedding"],
        seed=config["run_measures"]["seed"],
        libraries=of(runs.libraries, "run"),
        code=of(code_with("embed_run", runs.architecture), "run"),
    script:
        "../../scripts/embed_run.py"


rule measure_run:
    """Gap, uniformity, retrieval and classification after training, over all seeds of a run."""
    input:
        images=of(runs.files_of("embeddings/images.parquet"), "run"),
        texts=of(runs.files_of("embeddings/texts.parquet"), "run"),
        pairs=of(runs.files_of("embeddings/pairs.parquet"), "run"),
        classes=of(run_measures.classes, "run"),
        pair_matching=of(run_measures.pairs, "run"),
    output:
        "<results>/training/{run}/measures.parquet",
    log:
        "<logs>/measure_run/{run}.log",
    benchmark:
        "<benchmarks>/measure_run/{run}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        seeds=of(runs.seeds, "run"),
        ks=config["retrieval"]["k"],
        settings=config["run_measures"],
        code=code_of("measure_run"),
    script:
        "../../scripts/measure_run.py"


rule plot_trajectories:
    """Loss, temperature, gap and recall along training, a figure a run over all its seeds."""
    input:
        trajectories=runs.files("trajectory.parquet"),
    output:
        [
            figure(
                f"<results>/figures/training/{run}",
                "Trajectory",
                "2 Training",
                caption="trajectory",
                run=run,
            )
            for run in config["training"]
        ],
    log:
        "<logs>/plot_trajectories.log",
    benchmark:
        "<benchmarks>/plot_trajectories.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        runs=list(config["training"]),
        run_of_each=[run for run, _ in runs.pairs()],
        code=code_of("plot_trajectories"),
    script:
        "../../scripts/plot_trajectories.py"


remarks_of(*runs.files("embeddings/texts.parquet"))
remarks_of(*map(runs.choice, runs.of_several_rates))
