rule mlp_depth:
    """Cosine against depth in random networks, and at infinite width (liang2022, Fig. 2b)."""
    output:
        "<results>/mlp_depth/cosines.parquet",
    log:
        "<logs>/mlp_depth.log",
    benchmark:
        "<benchmarks>/mlp_depth.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        settings=config["mlp_depth"],
        code=code_of("mlp_depth"),
    script:
        "../../scripts/mlp_depth.py"


rule plot_mlp_depth:
    """The cone of random networks by depth and activation."""
    input:
        cosines="<results>/mlp_depth/cosines.parquet",
    output:
        figure("<results>/figures/mlp_depth/mlp_depth", "Cone by depth", "3 The cone"),
    log:
        "<logs>/plot_mlp_depth.log",
    benchmark:
        "<benchmarks>/plot_mlp_depth.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("plot_mlp_depth"),
    script:
        "../../scripts/plot_mlp_depth.py"


claims_of("mlp_depth", ["<results>/mlp_depth/cosines.parquet"])
