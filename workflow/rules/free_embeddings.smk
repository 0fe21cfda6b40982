rule loss_geometry:
    """What the contrastive loss rewards (chowers2026, Fig. 3, Theorem 3.1, appendix B)."""
    input:
        library=library_of("loss_geometry"),
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
        settings=config["free_embeddings"]["geometry"],
    script:
        "../../scripts/loss_geometry.py"


rule descend_plane:
    """Descent on free embeddings in the plane (chowers2026, Figs. 4 top, 5, 6 left, 11)."""
    input:
        library=library_of("descend_plane"),
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
    script:
        "../../scripts/descend_plane.py"


rule descend_sphere:
    """Descent on free embeddings on the sphere (chowers2026, Figs. 4 bottom, 12, 16, 17)."""
    input:
        library=library_of("descend_sphere"),
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
    script:
        "../../scripts/descend_sphere.py"


rule plot_loss_without_alignment:
    """Three pairs with and without a gap, and their loss (chowers2026, Fig. 3)."""
    input:
        tables=[
            "<results>/free_embeddings/arrangements.parquet",
            "<results>/free_embeddings/gap_lengths.parquet",
        ],
        library=library_of("plot_loss_without_alignment"),
    output:
        report(
            "<results>/figures/free_embeddings/loss_without_alignment.svg",
            caption="../report/loss_without_alignment.rst",
            category="6 Geometry of the loss",
            labels={"figure": "A gap that costs nothing"},
        ),
        "<results>/figures/free_embeddings/loss_without_alignment.png",
    log:
        "<logs>/plot_loss_without_alignment.log",
    benchmark:
        "<benchmarks>/plot_loss_without_alignment.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../../scripts/plot_loss_without_alignment.py"


rule plot_gradient_prediction:
    """Measured gradient against its first-order prediction (chowers2026, Theorem 3.1)."""
    input:
        tables=[
            "<results>/free_embeddings/gradient_prediction.parquet",
            "<results>/free_embeddings/shrinking_rates.parquet",
        ],
        library=library_of("plot_gradient_prediction"),
    output:
        report(
            "<results>/figures/free_embeddings/gradient_prediction.svg",
            caption="../report/gradient_prediction.rst",
            category="6 Geometry of the loss",
            labels={"figure": "First-order gradient"},
        ),
        "<results>/figures/free_embeddings/gradient_prediction.png",
    log:
        "<logs>/plot_gradient_prediction.log",
    benchmark:
        "<benchmarks>/plot_gradient_prediction.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../../scripts/plot_gradient_prediction.py"


rule plot_shared_caption:
    """Two images with one caption under descent (chowers2026, appendix B)."""
    input:
        tables=[
            "<results>/free_embeddings/shared_caption.parquet",
        ],
        library=library_of("plot_shared_caption"),
    output:
        report(
            "<results>/figures/free_embeddings/shared_caption.svg",
            caption="../report/shared_caption.rst",
            category="6 Geometry of the loss",
            labels={"figure": "Two images, one caption"},
        ),
        "<results>/figures/free_embeddings/shared_caption.png",
    log:
        "<logs>/plot_shared_caption.log",
    benchmark:
        "<benchmarks>/plot_shared_caption.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        temperature=config["free_embeddings"]["geometry"]["shared_caption"][
            "temperature"
        ],
        learning_rate=config["free_embeddings"]["geometry"]["shared_caption"][
            "learning_rate"
        ],
    script:
        "../../scripts/plot_shared_caption.py"


rule plot_descent_plane:
    """Isotropic clusters in the plane under descent (chowers2026, Figs. 4 top, 5)."""
    input:
        tables=[
            "<results>/free_embeddings/plane_records.parquet",
            "<results>/free_embeddings/plane_positions.parquet",
        ],
        library=library_of("plot_descent_plane"),
    output:
        report(
            "<results>/figures/free_embeddings/descent_plane.svg",
            caption="../report/descent_plane.rst",
            category="6 Geometry of the loss",
            labels={"figure": "Descent in the plane"},
        ),
        "<results>/figures/free_embeddings/descent_plane.png",
    log:
        "<logs>/plot_descent_plane.log",
    benchmark:
        "<benchmarks>/plot_descent_plane.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../../scripts/plot_descent_plane.py"


rule plot_collapsed_start:
    """Clusters that have collapsed to a line under descent (chowers2026, Fig. 11)."""
    input:
        tables=[
            "<results>/free_embeddings/plane_records.parquet",
            "<results>/free_embeddings/plane_positions.parquet",
        ],
        library=library_of("plot_collapsed_start"),
    output:
        report(
            "<results>/figures/free_embeddings/collapsed_start.svg",
            caption="../report/collapsed_start.rst",
            category="6 Geometry of the loss",
            labels={"figure": "Collapsed start"},
        ),
        "<results>/figures/free_embeddings/collapsed_start.png",
    log:
        "<logs>/plot_collapsed_start.log",
    benchmark:
        "<benchmarks>/plot_collapsed_start.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../../scripts/plot_collapsed_start.py"


rule plot_descent_sphere:
    """Two clusters on the sphere under descent (chowers2026, Fig. 4 bottom)."""
    input:
        tables=[
            "<results>/free_embeddings/sphere_records.parquet",
            "<results>/free_embeddings/sphere_positions.parquet",
        ],
        library=library_of("plot_descent_sphere"),
    output:
        report(
            "<results>/figures/free_embeddings/descent_sphere.svg",
            caption="../report/descent_sphere.rst",
            category="6 Geometry of the loss",
            labels={"figure": "Descent on the sphere"},
        ),
        "<results>/figures/free_embeddings/descent_sphere.png",
    log:
        "<logs>/plot_descent_sphere.log",
    benchmark:
        "<benchmarks>/plot_descent_sphere.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../../scripts/plot_descent_sphere.py"


rule plot_descent_assumptions:
    """Double stochasticity and orthogonality (chowers2026, Figs. 6 left, 12, 16)."""
    input:
        tables=[
            "<results>/free_embeddings/plane_records.parquet",
            "<results>/free_embeddings/sphere_records.parquet",
        ],
        library=library_of("plot_descent_assumptions"),
    output:
        report(
            "<results>/figures/free_embeddings/descent_assumptions.svg",
            caption="../report/descent_assumptions.rst",
            category="6 Geometry of the loss",
            labels={"figure": "Assumptions along descent"},
        ),
        "<results>/figures/free_embeddings/descent_assumptions.png",
    log:
        "<logs>/plot_descent_assumptions.log",
    benchmark:
        "<benchmarks>/plot_descent_assumptions.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../../scripts/plot_descent_assumptions.py"


rule plot_gap_after_descent:
    """Gap after descent by temperature and dimension (chowers2026, Fig. 17)."""
    input:
        tables=[
            "<results>/free_embeddings/sphere_sweep.parquet",
        ],
        library=library_of("plot_gap_after_descent"),
    output:
        report(
            "<results>/figures/free_embeddings/gap_after_descent.svg",
            caption="../report/gap_after_descent.rst",
            category="6 Geometry of the loss",
            labels={"figure": "Gap after descent"},
        ),
        "<results>/figures/free_embeddings/gap_after_descent.png",
    log:
        "<logs>/plot_gap_after_descent.log",
    benchmark:
        "<benchmarks>/plot_gap_after_descent.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=1000,
        runtime=10,
    script:
        "../../scripts/plot_gap_after_descent.py"
