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
        mem_mb=growing(1000),
        runtime=growing(10),
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
        mem_mb=growing(1000),
        runtime=growing(60),
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
        mem_mb=growing(4000),
        runtime=growing(720),
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
        loss_without_alignment=figure(
            "<results>/figures/free_embeddings/loss_without_alignment",
            "A gap that costs nothing",
            "8 Geometry of the loss",
        ),
        gradient_prediction=figure(
            "<results>/figures/free_embeddings/gradient_prediction",
            "First-order gradient",
            "8 Geometry of the loss",
        ),
        shared_caption=figure(
            "<results>/figures/free_embeddings/shared_caption",
            "Two images, one caption",
            "8 Geometry of the loss",
        ),
        descent_plane=figure(
            "<results>/figures/free_embeddings/descent_plane",
            "Descent in the plane",
            "8 Geometry of the loss",
        ),
        collapsed_start=figure(
            "<results>/figures/free_embeddings/collapsed_start",
            "Collapsed start",
            "8 Geometry of the loss",
        ),
        descent_sphere=figure(
            "<results>/figures/free_embeddings/descent_sphere",
            "Descent on the sphere",
            "8 Geometry of the loss",
        ),
        descent_assumptions=figure(
            "<results>/figures/free_embeddings/descent_assumptions",
            "Assumptions along descent",
            "8 Geometry of the loss",
        ),
        gap_after_descent=figure(
            "<results>/figures/free_embeddings/gap_after_descent",
            "Gap after descent",
            "8 Geometry of the loss",
        ),
    log:
        "<logs>/plot_free_embeddings.log",
    benchmark:
        "<benchmarks>/plot_free_embeddings.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("plot_free_embeddings"),
    script:
        "../../scripts/plot_free_embeddings.py"


claims_of("plane_records", ["<results>/free_embeddings/plane_records.parquet"])
claims_of("sphere_records", ["<results>/free_embeddings/sphere_records.parquet"])
claims_of("sphere_sweep", ["<results>/free_embeddings/sphere_sweep.parquet"])
claims_of("loss_arrangements", ["<results>/free_embeddings/arrangements.parquet"])
claims_of("shared_caption", ["<results>/free_embeddings/shared_caption.parquet"])
claims_of(
    "gradient_prediction", ["<results>/free_embeddings/gradient_prediction.parquet"]
)
claims_of("plane_positions", ["<results>/free_embeddings/plane_positions.parquet"])
