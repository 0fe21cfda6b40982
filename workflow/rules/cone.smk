from functools import partial

from modality_gap.study.encoders import has_random_weights

HISTOGRAM = "<results>/cone/{encoder}/{corpus}/{split}/histogram.parquet"
STATISTICS = "<results>/cone/{encoder}/{corpus}/{split}/statistics.parquet"


rule cosine_statistics:
    """Cosines of all pairs, within and across the modalities (liang2022, Figs. 2a, 6)."""
    input:
        unpack(of(places.side_embeddings, "encoder")),
    output:
        statistics="<results>/cone/{encoder}/{corpus}/{split}/statistics.parquet",
        histogram="<results>/cone/{encoder}/{corpus}/{split}/histogram.parquet",
    log:
        "<logs>/cosine_statistics/{encoder}/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/cosine_statistics/{encoder}/{corpus}/{split}.tsv"
    priority: 1
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        sample=config["sample"],
        code=code_of("cosine_statistics"),
    script:
        "../../scripts/cosine_statistics.py"


rule plot_cosines:
    """Histograms of all pairwise cosines."""
    input:
        tables=of(
            places.tables_on(
                "<results>/cone/{encoder}/{corpus}/{split}/histogram.parquet"
            ),
            "corpus",
            "split",
        ),
    output:
        figure(
            "<results>/figures/{corpus}/{split}/cosines",
            "Cosines of all pairs",
            "3 The cone",
            where=places.splits(),
        ),
    log:
        "<logs>/plot_cosines/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/plot_cosines/{corpus}/{split}.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        encoders=of(places.encoders_on, "corpus", "split"),
        initials=of(places.initials_on, "corpus", "split"),
        code=code_of("plot_cosines"),
    script:
        "../../scripts/plot_cosines.py"


rule plot_cone:
    """The cone of every encoder's modalities, on data and on noise."""
    input:
        data=of(places.tables_on(HISTOGRAM, config["encoders"]), "corpus", "split"),
        noise=of(places.noise_tables_on(HISTOGRAM), "corpus", "split"),
    output:
        figure(
            "<results>/figures/{corpus}/{split}/cone",
            "Cones on data and on noise",
            "3 The cone",
            where=places.splits(config["encoders"]),
        ),
    log:
        "<logs>/plot_cone/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/plot_cone/{corpus}/{split}.tsv"
    priority: 1
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        encoders=of(
            partial(places.encoders_on, encoders=config["encoders"]), "corpus", "split"
        ),
        initials=of(
            partial(places.initials_on, encoders=config["encoders"]), "corpus", "split"
        ),
        noise_encoders=of(places.noise_encoders_on, "corpus", "split"),
        code=code_of("plot_cone"),
    script:
        "../../scripts/plot_cone.py"


claims_of(
    "cone",
    places.tables(STATISTICS, [*normalized, *places.backbones]),
    places.keys([*normalized, *places.backbones]),
)
claims_of(
    "cone_of_noise",
    at(STATISTICS, places.noise()),
    [
        {
            "encoder": encoder,
            "corpus": corpus,
            "split": split,
            "random": has_random_weights(config["encoders"][encoder]),
        }
        for encoder, corpus, split in places.noise()
    ],
)
remarks_of(*at(STATISTICS, places.evaluations(config["encoders"])))
