rule layer_theorems:
    """Theorems 1, 2/4 and Lemma 3 of liang2022 by Monte Carlo."""
    output:
        rising="<results>/layer_theorems/rising_cosine.parquet",
        products="<results>/layer_theorems/inner_product.parquet",
        variance="<results>/layer_theorems/variance.parquet",
    log:
        "<logs>/layer_theorems.log",
    benchmark:
        "<benchmarks>/layer_theorems.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        settings=config["layer_theorems"],
        code=code_of("layer_theorems"),
    script:
        "../../scripts/layer_theorems.py"


rule plot_layer_theorems:
    """What is proved of random layers, beside what they do."""
    input:
        rising="<results>/layer_theorems/rising_cosine.parquet",
        products="<results>/layer_theorems/inner_product.parquet",
        variance="<results>/layer_theorems/variance.parquet",
    output:
        figure(
            "<results>/figures/layer_theorems/layer_theorems",
            "Theorems of random layers",
            "3 The cone",
        ),
    log:
        "<logs>/plot_layer_theorems.log",
    benchmark:
        "<benchmarks>/plot_layer_theorems.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("plot_layer_theorems"),
    script:
        "../../scripts/plot_layer_theorems.py"


claims_of("rising_cosine", ["<results>/layer_theorems/rising_cosine.parquet"])
claims_of("layer_variance", ["<results>/layer_theorems/variance.parquet"])
claims_of("inner_product", ["<results>/layer_theorems/inner_product.parquet"])
