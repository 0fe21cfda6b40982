from modality_gap.study.sections.seed_cones import SeedCones

seed_cones = SeedCones(config, networks)


wildcard_constraints:
    family=any_of(seed_cones.families),


scattergather:
    seed_cones=2,


rule random_cones:
    """Embeddings of the same items by one network with many random weights (liang2022, Fig. 2c)."""
    input:
        images=corpus_file(config["seed_cones"]["corpus"], "images.parquet"),
        captions=corpus_file(config["seed_cones"]["corpus"], "captions.parquet"),
        architecture=of(seed_cones.hub_files, "family"),
    output:
        "<results>/seed_cones/{family}/{scatteritem}.parquet",
    log:
        "<logs>/random_cones/{family}/{scatteritem}.log",
    benchmark:
        "<benchmarks>/random_cones/{family}/{scatteritem}.tsv"
    wildcard_constraints:
        family=any_of(seed_cones.random),
    conda:
        "../../envs/network.yaml"
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        split=config["seed_cones"]["split"],
        number=config["seed_cones"]["items"],
        seed=config["seed_cones"]["seed"],
        embedding=config["embedding"],
        networks=of(seed_cones.random_networks, "family", "scatteritem"),
        libraries=of(seed_cones.libraries, "family"),
        code=of(code_with("seed_cones", seed_cones.architecture), "family"),
    script:
        "../../scripts/seed_cones.py"


rule trained_cones:
    """The same by networks that were trained from different seeds (liang2022, Fig. 13)."""
    input:
        images=corpus_file(config["seed_cones"]["corpus"], "images.parquet"),
        captions=corpus_file(config["seed_cones"]["corpus"], "captions.parquet"),
        architecture=of(seed_cones.hub_files, "family"),
        weights=of(seed_cones.weights, "family"),
    output:
        "<results>/seed_cones/{family}/trained.parquet",
    log:
        "<logs>/trained_cones/{family}.log",
    benchmark:
        "<benchmarks>/trained_cones/{family}.tsv"
    wildcard_constraints:
        family=any_of(seed_cones.trained),
    conda:
        "../../envs/network.yaml"
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        split=config["seed_cones"]["split"],
        number=config["seed_cones"]["items"],
        seed=config["seed_cones"]["seed"],
        embedding=config["embedding"],
        networks=of(seed_cones.trained_networks, "family"),
        stamps=of(seed_cones.stamps, "family"),
        libraries=of(seed_cones.libraries, "family"),
        code=of(code_with("seed_cones", seed_cones.architecture), "family"),
    script:
        "../../scripts/seed_cones.py"


rule seed_cone_statistics:
    """How much of the variance lies between seeds; the picture; gap and spread (chowers2026, Fig. 6)."""
    input:
        parts=branch(
            lambda wildcards: wildcards.family in seed_cones.trained,
            then=["<results>/seed_cones/{family}/trained.parquet"],
            otherwise=gather.seed_cones(
                "<results>/seed_cones/{{family}}/{scatteritem}.parquet"
            ),
        ),
    output:
        shares="<results>/seed_cones/{family}/shares.parquet",
        points="<results>/seed_cones/{family}/points.parquet",
        spread="<results>/seed_cones/{family}/spread.parquet",
        networks="<results>/seed_cones/{family}/networks.parquet",
    log:
        "<logs>/seed_cone_statistics/{family}.log",
    benchmark:
        "<benchmarks>/seed_cone_statistics/{family}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(8000),
        runtime=growing(120),
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
            where=[(family,) for family in seed_cones.families],
            caption="seed_cones",
        ),
    log:
        "<logs>/plot_seed_cones/{family}.log",
    benchmark:
        "<benchmarks>/plot_seed_cones/{family}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
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
            where=[(family,) for family in seed_cones.paired],
            caption="seed_spread",
        ),
    log:
        "<logs>/plot_seed_spread/{family}.log",
    benchmark:
        "<benchmarks>/plot_seed_spread/{family}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("plot_seed_spread"),
    script:
        "../../scripts/plot_seed_spread.py"


claims_of(
    "seed_cones",
    expand("<results>/seed_cones/{family}/shares.parquet", family=seed_cones.families),
    [
        {"family": family, "trained": family in seed_cones.trained}
        for family in seed_cones.families
    ],
)

claims_of(
    "seed_points",
    expand("<results>/seed_cones/{family}/points.parquet", family=seed_cones.families),
    [
        {"family": family, "trained": family in seed_cones.trained}
        for family in seed_cones.families
    ],
)

random_pairs = [family for family in seed_cones.paired if family in seed_cones.random]
claims_of(
    "seed_spread",
    expand("<results>/seed_cones/{family}/networks.parquet", family=random_pairs),
    [{"family": family} for family in random_pairs],
)
