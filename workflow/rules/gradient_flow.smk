rule gradient_flow:
    """Gradient flows on parallel modalities (yaras2024, Figs. 2, 3, Lemma 3.1, Theorem 3.2)."""
    input:
        library=library_of("gradient_flow"),
    output:
        flows="<results>/gradient_flow/flows.parquet",
        pictures="<results>/gradient_flow/pictures.parquet",
        coupled="<results>/gradient_flow/coupled.parquet",
        slow_closing="<results>/gradient_flow/slow_closing.parquet",
        arrangements="<results>/gradient_flow/arrangements.parquet",
    log:
        "<logs>/gradient_flow.log",
    benchmark:
        "<benchmarks>/gradient_flow.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        flow=config["gradient_flow"]["flow"],
        slow_closing=config["gradient_flow"]["slow_closing"],
    script:
        "../../scripts/gradient_flow.py"


rule initial_growth:
    """Growth of the gap at random starts (yaras2024, Theorem 3.3, Fig. 4b)."""
    input:
        library=library_of("initial_growth"),
    output:
        "<results>/gradient_flow/initial_growth.parquet",
    log:
        "<logs>/initial_growth.log",
    benchmark:
        "<benchmarks>/initial_growth.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=4000,
        runtime=60,
    params:
        settings=config["gradient_flow"]["initial_growth"],
    script:
        "../../scripts/initial_growth.py"


rule temperature_rates:
    """Closing of the gap under four rules for the temperature (yaras2024, App. C)."""
    input:
        library=library_of("temperature_rates"),
    output:
        "<results>/gradient_flow/temperature_rates.parquet",
    log:
        "<logs>/temperature_rates.log",
    benchmark:
        "<benchmarks>/temperature_rates.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        settings=config["gradient_flow"]["temperature_rates"],
    script:
        "../../scripts/temperature_rates.py"


rule plot_gradient_flow:
    """Both modalities, gap and temperature along the flow (yaras2024, Fig. 2)."""
    input:
        flows="<results>/gradient_flow/flows.parquet",
        pictures="<results>/gradient_flow/pictures.parquet",
        library=library_of("plot_gradient_flow"),
    output:
        report(
            "<results>/figures/gradient_flow/gradient_flow.svg",
            caption="../report/gradient_flow.rst",
            category="7 Dynamics in theory",
            labels={"figure": "Opening and closing"},
        ),
        "<results>/figures/gradient_flow/gradient_flow.png",
    log:
        "<logs>/plot_gradient_flow.log",
    benchmark:
        "<benchmarks>/plot_gradient_flow.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    script:
        "../../scripts/plot_gradient_flow.py"


rule plot_gap_and_logit_scale:
    """The curve that gap and logit scale move on together (yaras2024, Lemma 3.1)."""
    input:
        table="<results>/gradient_flow/coupled.parquet",
        library=library_of("plot_gap_and_logit_scale"),
    output:
        report(
            "<results>/figures/gradient_flow/gap_and_logit_scale.svg",
            caption="../report/gap_and_logit_scale.rst",
            category="7 Dynamics in theory",
            labels={"figure": "Gap and temperature are coupled"},
        ),
        "<results>/figures/gradient_flow/gap_and_logit_scale.png",
    log:
        "<logs>/plot_gap_and_logit_scale.log",
    benchmark:
        "<benchmarks>/plot_gap_and_logit_scale.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    script:
        "../../scripts/plot_gap_and_logit_scale.py"


rule plot_slow_closing:
    """The gap over decades of time, and its lower bound (yaras2024, Theorem 3.2)."""
    input:
        table="<results>/gradient_flow/slow_closing.parquet",
        library=library_of("plot_slow_closing"),
    output:
        report(
            "<results>/figures/gradient_flow/slow_closing.svg",
            caption="../report/slow_closing.rst",
            category="7 Dynamics in theory",
            labels={"figure": "Slow closing"},
        ),
        "<results>/figures/gradient_flow/slow_closing.png",
    log:
        "<logs>/plot_slow_closing.log",
    benchmark:
        "<benchmarks>/plot_slow_closing.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    script:
        "../../scripts/plot_slow_closing.py"


rule plot_initial_growth:
    """Growth at random starts, by dimension (yaras2024, Theorem 3.3)."""
    input:
        table="<results>/gradient_flow/initial_growth.parquet",
        library=library_of("plot_initial_growth"),
    output:
        report(
            "<results>/figures/gradient_flow/initial_growth.svg",
            caption="../report/initial_growth.rst",
            category="7 Dynamics in theory",
            labels={"figure": "Initial growth"},
        ),
        "<results>/figures/gradient_flow/initial_growth.png",
    log:
        "<logs>/plot_initial_growth.log",
    benchmark:
        "<benchmarks>/plot_initial_growth.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    script:
        "../../scripts/plot_initial_growth.py"


rule plot_temperature_rates:
    """Closing under four rules for the temperature (yaras2024, App. C)."""
    input:
        table="<results>/gradient_flow/temperature_rates.parquet",
        library=library_of("plot_temperature_rates"),
    output:
        report(
            "<results>/figures/gradient_flow/temperature_rates.svg",
            caption="../report/temperature_rates.rst",
            category="7 Dynamics in theory",
            labels={"figure": "Rules for the temperature"},
        ),
        "<results>/figures/gradient_flow/temperature_rates.png",
    log:
        "<logs>/plot_temperature_rates.log",
    benchmark:
        "<benchmarks>/plot_temperature_rates.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    script:
        "../../scripts/plot_temperature_rates.py"


rule plot_margin:
    """Parallel modalities with and without mismatched pairs (yaras2024, Fig. 3)."""
    input:
        table="<results>/gradient_flow/arrangements.parquet",
        library=library_of("plot_margin"),
    output:
        report(
            "<results>/figures/gradient_flow/margin.svg",
            caption="../report/margin.rst",
            category="7 Dynamics in theory",
            labels={"figure": "Margin"},
        ),
        "<results>/figures/gradient_flow/margin.png",
    log:
        "<logs>/plot_margin.log",
    benchmark:
        "<benchmarks>/plot_margin.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    script:
        "../../scripts/plot_margin.py"
