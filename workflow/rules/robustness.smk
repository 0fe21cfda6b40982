from modality_gap.study.sections.robustness import Robustness

robustness = Robustness(config, places)


rule robustness:
    """Robustness to noise while the gap is closed (chowers2026, Figs. 8, 14, 18, 19)."""
    input:
        unpack(of(robustness.inputs, "encoder", "corpus", "split")),
    output:
        controlled="<results>/robustness/{encoder}/{corpus}/{split}/controlled.parquet",
        noises="<results>/robustness/{encoder}/{corpus}/{split}/noises.parquet",
        tradeoff="<results>/robustness/{encoder}/{corpus}/{split}/tradeoff.parquet",
    log:
        "<logs>/robustness/{encoder}/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/robustness/{encoder}/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(600),
    params:
        settings=of(robustness.settings, "encoder", "corpus", "split"),
        sample=config["sample"],
        code=code_of("robustness"),
    script:
        "../../scripts/robustness.py"


rule plot_robustness:
    """What closing the gap gains and costs under noise."""
    input:
        controlled="<results>/robustness/{encoder}/{corpus}/{split}/controlled.parquet",
        noises="<results>/robustness/{encoder}/{corpus}/{split}/noises.parquet",
        tradeoff="<results>/robustness/{encoder}/{corpus}/{split}/tradeoff.parquet",
    output:
        robustness=figure(
            "<results>/figures/robustness/{encoder}/{corpus}/{split}/robustness",
            "Robustness and the gap",
            "7 Should you close it?",
            where=robustness.places(),
        ),
        noise_kinds=figure(
            "<results>/figures/robustness/{encoder}/{corpus}/{split}/noise_kinds",
            "Noise of several distributions",
            "7 Should you close it?",
            where=robustness.places(),
        ),
        threshold_tradeoff=figure(
            "<results>/figures/robustness/{encoder}/{corpus}/{split}/threshold_tradeoff",
            "Robustness gained, accuracy lost",
            "7 Should you close it?",
            where=robustness.places(),
        ),
    log:
        "<logs>/plot_robustness/{encoder}/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/plot_robustness/{encoder}/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("plot_robustness"),
    script:
        "../../scripts/plot_robustness.py"


rule two_class:
    """Robustness of two classes, simulated and in theory (chowers2026, Theorem 3.4, App. A.4)."""
    output:
        "<results>/robustness/two_class.parquet",
    log:
        "<logs>/two_class.log",
    benchmark:
        "<benchmarks>/two_class.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        settings=config["robustness"].get("two_class"),
        code=code_of("two_class"),
    script:
        "../../scripts/two_class.py"


rule plot_two_class:
    """Robustness of two classes beside theory."""
    input:
        table="<results>/robustness/two_class.parquet",
    output:
        figure(
            "<results>/figures/robustness/two_class",
            "Two classes: theory and simulation",
            "7 Should you close it?",
            where=[()] * ("two_class" in config["robustness"]),
        ),
    log:
        "<logs>/plot_two_class.log",
    benchmark:
        "<benchmarks>/plot_two_class.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("plot_two_class"),
    script:
        "../../scripts/plot_two_class.py"


rule project_gap:
    """Texts moved to the images along the part of the gap that changes no neighbour (chowers2026, Sec. 4)."""
    input:
        **EMBEDDINGS,
    output:
        "<results>/projected/{encoder}/{corpus}/{split}/texts.parquet",
    log:
        "<logs>/project_gap/{encoder}/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/project_gap/{encoder}/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        kept_variance=config["robustness"]["kept_variance"],
        alpha=1,
        code=code_of("project_gap"),
    script:
        "../../scripts/project_gap.py"


for table in ("controlled", "noises", "tradeoff"):
    placed_claims(
        table,
        f"<results>/robustness/{{encoder}}/{{corpus}}/{{split}}/{table}.parquet",
        robustness.places(),
    )
if "two_class" in config["robustness"]:
    claims_of("two_class", ["<results>/robustness/two_class.parquet"])
