def run_settings(wildcards):
    """A training run's configuration."""
    return RUNS[wildcards.run]


def architecture_file(architecture):
    """The architecture's JSON file where it is one of ours; open_clip's own need none."""
    file = Path(workflow.basedir) / f"config/architectures/{architecture}.json"
    return str(file) if file.is_file() else []


def run_architecture(wildcards):
    """The architecture file of a training run."""
    return architecture_file(RUNS[wildcards.run]["architecture"])


def run_corpus(table):
    """An input function: a table of the corpus that a run trains on."""

    def path(wildcards):
        return f"<results>/corpora/{RUNS[wildcards.run]['corpus']}/{table}.parquet"

    return path


rule train:
    """Contrastive training from scratch; the weights before and after, and the way between."""
    input:
        images=run_corpus("images"),
        captions=run_corpus("captions"),
        architecture=run_architecture,
        library=library_of("train"),
    output:
        initial="<results>/training/{run}/initial.pt",
        final="<results>/training/{run}/final.pt",
        trajectory="<results>/training/{run}/trajectory.parquet",
        table="<results>/training/{run}/trajectory.csv",
    params:
        settings=run_settings,
    log:
        "<logs>/train/{run}.log",
    benchmark:
        "<benchmarks>/train/{run}.tsv"
    conda:
        "../../envs/network.yaml"
    threads: 8
    resources:
        gpu=1,
        mem_mb=4000,
        runtime=240,
    script:
        "../../scripts/train.py"


rule plot_trajectory:
    """Loss, temperature, gap and recall along training."""
    input:
        trajectory="<results>/training/{run}/trajectory.parquet",
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
