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
        figure(
            "<results>/figures/seed_cones/{family}/cones",
            "Cones of seeds",
            "3 The cone",
            where=[(family,) for family in FAMILIES],
            caption="seed_cones",
        ),
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
        figure(
            "<results>/figures/seed_cones/{family}/spread",
            "Gap and spread",
            "3 The cone",
            where=[(family,) for family in PAIRED_FAMILIES],
            caption="seed_spread",
        ),
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


claims_of(
    "seed_cones",
    expand("<results>/seed_cones/{family}/shares.parquet", family=RANDOM_FAMILIES),
    [{"family": family} for family in RANDOM_FAMILIES],
)
