rule sphere:
    """Six pairs on a sphere: the loss while texts move (liang2022, Figs. 3e-g, 9)."""
    output:
        landscape="<results>/sphere/landscape.parquet",
        pairs="<results>/sphere/pairs.parquet",
        minima="<results>/sphere/minima.csv",
    log:
        "<logs>/sphere.log",
    benchmark:
        "<benchmarks>/sphere.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        settings=config["sphere"],
        code=code_of("sphere"),
    script:
        "../../scripts/sphere.py"


rule plot_sphere:
    """The six pairs, and the loss by shift and temperature."""
    input:
        landscape="<results>/sphere/landscape.parquet",
        pairs="<results>/sphere/pairs.parquet",
    output:
        figure(
            "<results>/figures/sphere/sphere",
            "Six pairs on a sphere",
            "8 Geometry of the loss",
        ),
    log:
        "<logs>/plot_sphere.log",
    benchmark:
        "<benchmarks>/plot_sphere.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("plot_sphere"),
    script:
        "../../scripts/plot_sphere.py"


claims_of("sphere_landscape", ["<results>/sphere/landscape.parquet"])
