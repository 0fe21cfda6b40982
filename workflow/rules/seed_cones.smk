scattergather:
    seed_cones=2,


rule random_cones:
    """Embeddings of the same items by one network with many random weights (liang2022, Fig. 2c)."""
    input:
        images=section_corpus("seed_cones", "images"),
        captions=section_corpus("seed_cones", "captions"),
        architecture=family_architecture,
    output:
        "<results>/seed_cones/{family}/{scatteritem}.parquet",
    log:
        "<logs>/random_cones/{family}/{scatteritem}.log",
    benchmark:
        "<benchmarks>/random_cones/{family}/{scatteritem}.tsv"
    wildcard_constraints:
        family=any_of(RANDOM_FAMILIES),
    conda:
        "../../envs/network.yaml"
    resources:
        gpu=1,
        mem_mb=4000,
        runtime=120,
    params:
        split=config["seed_cones"]["split"],
        number=config["seed_cones"]["items"],
        seed=config["seed_cones"]["seed"],
        embedding=config["embedding"],
        networks=random_networks,
        code=code_with("seed_cones", family_architecture_name),
    script:
        "../../scripts/seed_cones.py"


rule trained_cones:
    """The same by training runs that differ in their seed alone (liang2022, Fig. 13)."""
    input:
        images=section_corpus("seed_cones", "images"),
        captions=section_corpus("seed_cones", "captions"),
        architecture=family_architecture,
        weights=family_weights,
    output:
        "<results>/seed_cones/{family}/trained.parquet",
    log:
        "<logs>/trained_cones/{family}.log",
    benchmark:
        "<benchmarks>/trained_cones/{family}.tsv"
    wildcard_constraints:
        family=any_of(TRAINED_FAMILIES),
    conda:
        "../../envs/network.yaml"
    resources:
        gpu=1,
        mem_mb=4000,
        runtime=120,
    params:
        split=config["seed_cones"]["split"],
        number=config["seed_cones"]["items"],
        seed=config["seed_cones"]["seed"],
        embedding=config["embedding"],
        networks=trained_networks,
        code=code_with("seed_cones", family_architecture_name),
    script:
        "../../scripts/seed_cones.py"


rule seed_cone_statistics:
    """How much of the variance lies between seeds; the picture; gap and spread (chowers2026, Fig. 6)."""
    input:
        parts=family_parts,
    output:
        shares="<results>/seed_cones/{family}/shares.parquet",
        points="<results>/seed_cones/{family}/points.parquet",
        spread="<results>/seed_cones/{family}/spread.parquet",
    log:
        "<logs>/seed_cone_statistics/{family}.log",
    benchmark:
        "<benchmarks>/seed_cone_statistics/{family}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=8000,
        runtime=120,
    params:
        view_items=config["seed_cones"]["view_items"],
        seed=config["seed_cones"]["seed"],
        code=code_of("seed_cone_statistics"),
    script:
        "../../scripts/seed_cone_statistics.py"


rule plot_seed_cones:
    """Embeddings of the same items by networks that differ in their seed."""
    input:
        shares="<results>/seed_cones/{family}/shares.parquet",
        points="<results>/seed_cones/{family}/points.parquet",
    output:
        report(
            "<results>/figures/seed_cones/{family}/cones.svg",
            caption="../report/seed_cones.rst",
            category="3 The cone",
            labels={"figure": "Cones of seeds", "family": "{family}"},
        ),
        "<results>/figures/seed_cones/{family}/cones.png",
    log:
        "<logs>/plot_seed_cones/{family}.log",
    benchmark:
        "<benchmarks>/plot_seed_cones/{family}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_of("plot_seed_cones"),
    script:
        "../../scripts/plot_seed_cones.py"


rule plot_seed_spread:
    """The gap at initialisation beside the spread within the modalities."""
    input:
        spread="<results>/seed_cones/{family}/spread.parquet",
    output:
        report(
            "<results>/figures/seed_cones/{family}/spread.svg",
            caption="../report/seed_spread.rst",
            category="3 The cone",
            labels={"figure": "Gap and spread", "family": "{family}"},
        ),
        "<results>/figures/seed_cones/{family}/spread.png",
    log:
        "<logs>/plot_seed_spread/{family}.log",
    benchmark:
        "<benchmarks>/plot_seed_spread/{family}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_of("plot_seed_spread"),
    script:
        "../../scripts/plot_seed_spread.py"
