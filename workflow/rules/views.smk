wildcard_constraints:
    method=any_of(config["views"]["methods"]),


rule view:
    """Both modalities of each encoder in one plane (liang2022, Figs. 1b-c, 4)."""
    input:
        # One job for all encoders: loading UMAP takes longer than running it.
        **{
            part: of(places.tables_on(file), "corpus", "split")
            for part, file in EMBEDDINGS.items()
        },
    output:
        "<results>/views/{corpus}/{split}/{method}.parquet",
    log:
        "<logs>/view/{corpus}/{split}/{method}.log",
    benchmark:
        "<benchmarks>/view/{corpus}/{split}/{method}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        encoders=of(places.encoders_on, "corpus", "split"),
        number=config["views"]["pairs"],
        seed=config["views"]["seed"],
        code=code_of("view"),
    script:
        "../../scripts/view.py"


rule plot_view:
    """Pairs in two dimensions, every encoder in a panel."""
    input:
        table="<results>/views/{corpus}/{split}/{method}.parquet",
    output:
        figure(
            "<results>/figures/{corpus}/{split}/view_{method}",
            "View by {method}",
            "1 The gap",
            where=[
                (*place, method)
                for place in places.splits()
                for method in config["views"]["methods"]
            ],
            caption="view",
        ),
    log:
        "<logs>/plot_view/{corpus}/{split}/{method}.log",
    benchmark:
        "<benchmarks>/plot_view/{corpus}/{split}/{method}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        encoders=of(places.encoders_on, "corpus", "split"),
        initials=of(places.initials_on, "corpus", "split"),
        code=code_of("plot_view"),
    script:
        "../../scripts/plot_view.py"


claims_of(
    "views",
    [
        f"<results>/views/{corpus}/{split}/{method}.parquet"
        for corpus, split in places.splits()
        for method in config["views"]["methods"]
    ],
    [
        {
            "corpus": corpus,
            "split": split,
            "method": method,
            "starts": ",".join(filter(None, places.initials_on(corpus, split))),
        }
        for corpus, split in places.splits()
        for method in config["views"]["methods"]
    ],
)
# The page shows each point's picture and caption.
SHOWN.extend(
    [*places.tables(EMBEDDINGS["pairs"]), *places.tables(EMBEDDINGS["images"])]
)
