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
        mem_mb=4000,
        runtime=120,
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
        gradient_flow=[
            report(
                "<results>/figures/gradient_flow/gradient_flow.svg",
                caption="../report/gradient_flow.rst",
                category="9 Dynamics in theory",
                labels={"figure": "Opening and closing"},
            ),
            "<results>/figures/gradient_flow/gradient_flow.png",
        ],
        gap_and_logit_scale=[
            report(
                "<results>/figures/gradient_flow/gap_and_logit_scale.svg",
                caption="../report/gap_and_logit_scale.rst",
                category="9 Dynamics in theory",
                labels={"figure": "Gap and temperature are coupled"},
            ),
            "<results>/figures/gradient_flow/gap_and_logit_scale.png",
        ],
        slow_closing=[
            report(
                "<results>/figures/gradient_flow/slow_closing.svg",
                caption="../report/slow_closing.rst",
                category="9 Dynamics in theory",
                labels={"figure": "Slow closing"},
            ),
            "<results>/figures/gradient_flow/slow_closing.png",
        ],
        initial_growth=[
            report(
                "<results>/figures/gradient_flow/initial_growth.svg",
                caption="../report/initial_growth.rst",
                category="9 Dynamics in theory",
                labels={"figure": "Initial growth"},
            ),
            "<results>/figures/gradient_flow/initial_growth.png",
        ],
        temperature_rates=[
            report(
                "<results>/figures/gradient_flow/temperature_rates.svg",
                caption="../report/temperature_rates.rst",
                category="9 Dynamics in theory",
                labels={"figure": "Rules for the temperature"},
            ),
            "<results>/figures/gradient_flow/temperature_rates.png",
        ],
        margin=[
            report(
                "<results>/figures/gradient_flow/margin.svg",
                caption="../report/margin.rst",
                category="9 Dynamics in theory",
                labels={"figure": "Margin"},
            ),
            "<results>/figures/gradient_flow/margin.png",
        ],
    log:
        "<logs>/plot_gradient_flow.log",
    benchmark:
        "<benchmarks>/plot_gradient_flow.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_of("plot_gradient_flow"),
    script:
        "../../scripts/plot_gradient_flow.py"
