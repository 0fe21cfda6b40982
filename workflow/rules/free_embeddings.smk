rule loss_geometry:
    """What the contrastive loss rewards (chowers2026, Fig. 3, Theorem 3.1, appendix B)."""
    output:
        arrangements="<results>/free_embeddings/arrangements.parquet",
        gap_lengths="<results>/free_embeddings/gap_lengths.parquet",
        prediction="<results>/free_embeddings/gradient_prediction.parquet",
        rates="<results>/free_embeddings/shrinking_rates.parquet",
        shared_caption="<results>/free_embeddings/shared_caption.parquet",
    log:
        "<logs>/loss_geometry.log",
    benchmark:
        "<benchmarks>/loss_geometry.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("loss_geometry"),
    script:
        "../../scripts/loss_geometry.py"


rule descend_plane:
    """Descent on free embeddings in the plane (chowers2026, Figs. 4 top, 5, 6 left, 11)."""
    output:
        records="<results>/free_embeddings/plane_records.parquet",
        positions="<results>/free_embeddings/plane_positions.parquet",
    log:
        "<logs>/descend_plane.log",
    benchmark:
        "<benchmarks>/descend_plane.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        settings=config["free_embeddings"]["plane"],
        code=code_of("descend_plane"),
    script:
        "../../scripts/descend_plane.py"


rule descend_sphere:
    """Descent on free embeddings on the sphere (chowers2026, Figs. 4 bottom, 12, 16, 17)."""
    output:
        records="<results>/free_embeddings/sphere_records.parquet",
        positions="<results>/free_embeddings/sphere_positions.parquet",
        sweep="<results>/free_embeddings/sphere_sweep.parquet",
    log:
        "<logs>/descend_sphere.log",
    benchmark:
        "<benchmarks>/descend_sphere.tsv"
    conda:
        "../../envs/network.yaml"
    resources:
        gpu=1,
        mem_mb=4000,
        runtime=720,
    params:
        runs=config["free_embeddings"]["sphere"],
        sweep=config["free_embeddings"]["sweep"],
        code=code_of("descend_sphere"),
    script:
        "../../scripts/descend_sphere.py"


rule plot_free_embeddings:
    """What descent makes of free embeddings, and what the loss rewards, in a figure each."""
    input:
        arrangements="<results>/free_embeddings/arrangements.parquet",
        gap_lengths="<results>/free_embeddings/gap_lengths.parquet",
        gradient_prediction="<results>/free_embeddings/gradient_prediction.parquet",
        shrinking_rates="<results>/free_embeddings/shrinking_rates.parquet",
        shared_caption="<results>/free_embeddings/shared_caption.parquet",
        plane_records="<results>/free_embeddings/plane_records.parquet",
        plane_positions="<results>/free_embeddings/plane_positions.parquet",
        sphere_records="<results>/free_embeddings/sphere_records.parquet",
        sphere_positions="<results>/free_embeddings/sphere_positions.parquet",
        sphere_sweep="<results>/free_embeddings/sphere_sweep.parquet",
    output:
        loss_without_alignment=[
            report(
                "<results>/figures/free_embeddings/loss_without_alignment.svg",
                caption="../report/loss_without_alignment.rst",
                category="8 Geometry of the loss",
                labels={"figure": "A gap that costs nothing"},
            ),
            "<results>/figures/free_embeddings/loss_without_alignment.png",
        ],
        gradient_prediction=[
            report(
                "<results>/figures/free_embeddings/gradient_prediction.svg",
                caption="../report/gradient_prediction.rst",
                category="8 Geometry of the loss",
                labels={"figure": "First-order gradient"},
            ),
            "<results>/figures/free_embeddings/gradient_prediction.png",
        ],
        shared_caption=[
            report(
                "<results>/figures/free_embeddings/shared_caption.svg",
                caption="../report/shared_caption.rst",
                category="8 Geometry of the loss",
                labels={"figure": "Two images, one caption"},
            ),
            "<results>/figures/free_embeddings/shared_caption.png",
        ],
        descent_plane=[
            report(
                "<results>/figures/free_embeddings/descent_plane.svg",
                caption="../report/descent_plane.rst",
                category="8 Geometry of the loss",
                labels={"figure": "Descent in the plane"},
            ),
            "<results>/figures/free_embeddings/descent_plane.png",
        ],
        collapsed_start=[
            report(
                "<results>/figures/free_embeddings/collapsed_start.svg",
                caption="../report/collapsed_start.rst",
                category="8 Geometry of the loss",
                labels={"figure": "Collapsed start"},
            ),
            "<results>/figures/free_embeddings/collapsed_start.png",
        ],
        descent_sphere=[
            report(
                "<results>/figures/free_embeddings/descent_sphere.svg",
                caption="../report/descent_sphere.rst",
                category="8 Geometry of the loss",
                labels={"figure": "Descent on the sphere"},
            ),
            "<results>/figures/free_embeddings/descent_sphere.png",
        ],
        descent_assumptions=[
            report(
                "<results>/figures/free_embeddings/descent_assumptions.svg",
                caption="../report/descent_assumptions.rst",
                category="8 Geometry of the loss",
                labels={"figure": "Assumptions along descent"},
            ),
            "<results>/figures/free_embeddings/descent_assumptions.png",
        ],
        gap_after_descent=[
            report(
                "<results>/figures/free_embeddings/gap_after_descent.svg",
                caption="../report/gap_after_descent.rst",
                category="8 Geometry of the loss",
                labels={"figure": "Gap after descent"},
            ),
            "<results>/figures/free_embeddings/gap_after_descent.png",
        ],
    log:
        "<logs>/plot_free_embeddings.log",
    benchmark:
        "<benchmarks>/plot_free_embeddings.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_of("plot_free_embeddings"),
    script:
        "../../scripts/plot_free_embeddings.py"
