rule download_weights:
    """Pretrained weights of open_clip, torchvision or timm, fetched where there is a network."""
    output:
        "results/downloads/weights/{library}/{architecture}/{tag}.txt",
    log:
        "<logs>/download_weights/{library}/{architecture}/{tag}.log",
    benchmark:
        "<benchmarks>/download_weights/{library}/{architecture}/{tag}.tsv"
    wildcard_constraints:
        library="open_clip|torchvision|timm",
        architecture="[^/]+",
        tag="[^/]+",
    localrule: True
    conda:
        "../../envs/network.yaml"
    resources:
        mem_mb=4000,
        runtime=120,
    params:
        names=local_weights,
    message:
        "download_weights: {wildcards.tag} of {wildcards.architecture} (in local_files: {params.names})"
    script:
        "../../scripts/download_weights.py"


rule download_hub:
    """A tokenizer, or the configuration of a text tower, of the Hugging Face hub."""
    output:
        "results/downloads/hub/{repository}/files.txt",
    log:
        "<logs>/download_hub/{repository}.log",
    benchmark:
        "<benchmarks>/download_hub/{repository}.tsv"
    wildcard_constraints:
        repository=any_of(HUB_REPOSITORIES),
    localrule: True
    conda:
        "../../envs/network.yaml"
    resources:
        mem_mb=1000,
        runtime=60,
    params:
        needs=hub_needs,
    message:
        "download_hub: {params.needs} of {wildcards.repository} (in local_files: {wildcards.repository}/)"
    script:
        "../../scripts/download_hub.py"


scattergather:
    embed=SHARDS,


if SHARDS == 1:

    rule embed:
        """Raw image and text embeddings of a split; each distinct caption once."""
        input:
            images="<results>/corpora/{corpus}/images.parquet",
            captions="<results>/corpora/{corpus}/captions.parquet",
            architecture=encoder_architecture,
            weights=encoder_weights,
        output:
            **EMBEDDING_FILES,
        log:
            "<logs>/embed/{encoder}/{corpus}/{split}.log",
        benchmark:
            "<benchmarks>/embed/{encoder}/{corpus}/{split}.tsv"
        wildcard_constraints:
            encoder=any_of(NETWORKS),
            corpus=any_of(CORPORA),
        conda:
            "../../envs/network.yaml"
        threads: 8
        resources:
            gpu=1,
            mem_mb=4000,
            runtime=120,
        params:
            encoder=encoder_entry,
            architecture=encoder_architecture_name,
            settings=config["embedding"],
            code=code_with("embed", encoder_architecture_name),
        script:
            "../../scripts/embed.py"

else:

    rule embed_part:
        """Embeddings of some batches of a split, one of several jobs."""
        input:
            images="<results>/corpora/{corpus}/images.parquet",
            captions="<results>/corpora/{corpus}/captions.parquet",
            architecture=encoder_architecture,
            weights=encoder_weights,
        output:
            temp(
                "<results>/embeddings/{encoder}/{corpus}/{split}/parts/{scatteritem}.npz"
            ),
        log:
            "<logs>/embed_part/{encoder}/{corpus}/{split}/{scatteritem}.log",
        benchmark:
            "<benchmarks>/embed_part/{encoder}/{corpus}/{split}/{scatteritem}.tsv"
        wildcard_constraints:
            encoder=any_of(NETWORKS),
            corpus=any_of(CORPORA),
        conda:
            "../../envs/network.yaml"
        threads: 8
        resources:
            gpu=1,
            mem_mb=4000,
            runtime=120,
        params:
            encoder=encoder_entry,
            architecture=encoder_architecture_name,
            settings=config["embedding"],
            code=code_with("embed", encoder_architecture_name),
        script:
            "../../scripts/embed.py"

    rule join_parts:
        """Raw image and text embeddings of a split, the same whatever the number of its parts."""
        input:
            images="<results>/corpora/{corpus}/images.parquet",
            captions="<results>/corpora/{corpus}/captions.parquet",
            parts=gather.embed(
                "<results>/embeddings/{{encoder}}/{{corpus}}/{{split}}/parts/{scatteritem}.npz"
            ),
        output:
            **EMBEDDING_FILES,
        log:
            "<logs>/join_parts/{encoder}/{corpus}/{split}.log",
        benchmark:
            "<benchmarks>/join_parts/{encoder}/{corpus}/{split}.tsv"
        wildcard_constraints:
            encoder=any_of(NETWORKS),
            corpus=any_of(CORPORA),
        conda:
            "../../envs/measure.yaml"
        resources:
            mem_mb=4000,
            runtime=30,
        params:
            code=code_of("join_parts"),
        script:
            "../../scripts/join_parts.py"


rule embed_prompts:
    """Embeddings of every prompt that a section asks an encoder with, each text once."""
    input:
        unpack(prompted_tables),
        unpack(rephrased_tables),
        architecture=encoder_architecture,
        weights=encoder_weights,
    output:
        "<results>/embeddings/{encoder}/prompts/{section}.parquet",
    log:
        "<logs>/embed_prompts/{encoder}/{section}.log",
    benchmark:
        "<benchmarks>/embed_prompts/{encoder}/{section}.tsv"
    wildcard_constraints:
        section="zero_shot|fairness|rephrasing",
        encoder=any_of(NETWORKS),
    conda:
        "../../envs/network.yaml"
    threads: 8
    resources:
        gpu=1,
        mem_mb=4000,
        runtime=60,
    params:
        encoder=encoder_entry,
        architecture=encoder_architecture_name,
        settings=config["embedding"],
        tasks=prompted_tasks,
        corpora=prompted_corpora,
        given=given_prompts,
        rephrased=rephrased_splits,
        rephrasing=rephrasing_settings,
        code=code_with("embed_prompts", encoder_architecture_name),
    script:
        "../../scripts/embed_prompts.py"


rule embed_noise:
    """Embeddings of noise: normal pixels, uniformly random tokens (liang2022, Fig. 2a)."""
    input:
        architecture=encoder_architecture,
        weights=encoder_weights,
    output:
        images="<results>/embeddings/{encoder}/noise/all/images.parquet",
        texts="<results>/embeddings/{encoder}/noise/all/texts.parquet",
    log:
        "<logs>/embed_noise/{encoder}.log",
    benchmark:
        "<benchmarks>/embed_noise/{encoder}.tsv"
    wildcard_constraints:
        encoder=any_of(NETWORKS),
    conda:
        "../../envs/network.yaml"
    resources:
        gpu=1,
        mem_mb=4000,
        runtime=120,
    params:
        encoder=encoder_entry,
        architecture=encoder_architecture_name,
        settings=config["embedding"],
        noise=config.get("noise"),
        code=code_with("embed_noise", encoder_architecture_name),
    script:
        "../../scripts/embed_noise.py"


rule embed_backbone:
    """Embeddings by an encoder of one modality, of a split or of noise."""
    input:
        unpack(corpus_tables),
        weights=encoder_weights,
        folder=encoder_folder,
    output:
        "<results>/embeddings/{encoder}/{corpus}/{split}/{side}.parquet",
    log:
        "<logs>/embed_backbone/{encoder}/{corpus}/{split}/{side}.log",
    benchmark:
        "<benchmarks>/embed_backbone/{encoder}/{corpus}/{split}/{side}.tsv"
    wildcard_constraints:
        encoder=any_of(BACKBONES),
        side="images|texts",
    conda:
        "../../envs/network.yaml"
    threads: 8
    resources:
        gpu=1,
        mem_mb=4000,
        runtime=120,
    params:
        encoder=encoder_entry,
        settings=config["embedding"],
        noise=config.get("noise"),
        code=code_of("embed_backbone"),
    script:
        "../../scripts/embed_backbone.py"


rule read_precomputed:
    """Embeddings that a user brings, in the workflow's own form."""
    input:
        files=precomputed_files,
    output:
        **EMBEDDING_FILES,
    log:
        "<logs>/read_precomputed/{encoder}/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/read_precomputed/{encoder}/{corpus}/{split}.tsv"
    wildcard_constraints:
        encoder=any_of(PRECOMPUTED),
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=4000,
        runtime=30,
    params:
        files=precomputed_files,
        stamps=precomputed_stamps,
        code=code_of("read_precomputed"),
    script:
        "../../scripts/read_precomputed.py"


remarks_of(*last_side_embeddings())
