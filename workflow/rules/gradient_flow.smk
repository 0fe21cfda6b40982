rule gradient_flow:
    """Flows, growth and rates of the gap, beside theory (yaras2024, Figs. 2, 3, 4b, Sec. 3, App. C)."""
    output:
        flows="<results>/gradient_flow/flows.parquet",
        pictures="<results>/gradient_flow/pictures.parquet",
        coupled="<results>/gradient_flow/coupled.parquet",
        slow_closing="<results>/gradient_flow/slow_closing.parquet",
        arrangements="<results>/gradient_flow/arrangements.parquet",
        initial_growth="<results>/gradient_flow/initial_growth.parquet",
        temperature_rates="<results>/gradient_flow/temperature_rates.parquet",
    log:
        "<logs>/gradient_flow.log",
    benchmark:
        "<benchmarks>/gradient_flow.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        settings=config["gradient_flow"],
        code=code_of("gradient_flow"),
    script:
        "../../scripts/gradient_flow.py"


rule plot_gradient_flow:
    """Theory and numerical solution of every part, in a figure each."""
    input:
        flows="<results>/gradient_flow/flows.parquet",
        pictures="<results>/gradient_flow/pictures.parquet",
        coupled="<results>/gradient_flow/coupled.parquet",
        slow_closing="<results>/gradient_flow/slow_closing.parquet",
        arrangements="<results>/gradient_flow/arrangements.parquet",
        initial_growth="<results>/gradient_flow/initial_growth.parquet",
        temperature_rates="<results>/gradient_flow/temperature_rates.parquet",
    output:
        gradient_flow=figure(
            "<results>/figures/gradient_flow/gradient_flow",
            "Opening and closing",
            "9 Dynamics in theory",
        ),
        gap_and_logit_scale=figure(
            "<results>/figures/gradient_flow/gap_and_logit_scale",
            "Gap and temperature are coupled",
            "9 Dynamics in theory",
        ),
        slow_closing=figure(
            "<results>/figures/gradient_flow/slow_closing",
            "Slow closing",
            "9 Dynamics in theory",
        ),
        initial_growth=figure(
            "<results>/figures/gradient_flow/initial_growth",
            "Initial growth",
            "9 Dynamics in theory",
        ),
        temperature_rates=figure(
            "<results>/figures/gradient_flow/temperature_rates",
            "Rules for the temperature",
            "9 Dynamics in theory",
        ),
        margin=figure(
            "<results>/figures/gradient_flow/margin", "Margin", "9 Dynamics in theory"
        ),
    log:
        "<logs>/plot_gradient_flow.log",
    benchmark:
        "<benchmarks>/plot_gradient_flow.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("plot_gradient_flow"),
    script:
        "../../scripts/plot_gradient_flow.py"


claims_of("coupled", ["<results>/gradient_flow/coupled.parquet"])
claims_of("slow_closing", ["<results>/gradient_flow/slow_closing.parquet"])
claims_of("initial_growth", ["<results>/gradient_flow/initial_growth.parquet"])
claims_of("flows", ["<results>/gradient_flow/flows.parquet"])
claims_of("temperature_rates", ["<results>/gradient_flow/temperature_rates.parquet"])
claims_of("arrangements", ["<results>/gradient_flow/arrangements.parquet"])
