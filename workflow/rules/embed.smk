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
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        names=of(weights_names, "library", "architecture", "tag"),
    message:
        "download_weights: {wildcards.tag} of {wildcards.architecture} (in local_files: {params.names})"
    script:
        "../../scripts/download_weights.py"


rule download_hub:
    """A tokenizer, a configuration or a model of transformers, of the Hugging Face hub."""
    output:
        "results/downloads/hub/{repository}/files.txt",
    log:
        "<logs>/download_hub/{repository}.log",
    benchmark:
        "<benchmarks>/download_hub/{repository}.tsv"
    wildcard_constraints:
        repository=any_of(networks.repositories),
    localrule: True
    conda:
        "../../envs/network.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(60),
    params:
        needs=of(networks.needs, "repository"),
    message:
        "download_hub: {params.needs} of {wildcards.repository} (in local_files: {wildcards.repository}/)"
    script:
        "../../scripts/download_hub.py"


scattergather:
    embed=config["embedding"]["shards"],


IN_PARTS = config["embedding"]["shards"] > 1
EMBED_JOB = "{encoder}/{corpus}/{split}"
EMBED_JOB = f"{EMBED_JOB}/{{scatteritem}}" if IN_PARTS else EMBED_JOB
PARTS = "<results>/embeddings/{encoder}/{corpus}/{split}/parts/{scatteritem}.npz"


rule embed:
    """Raw image and text embeddings of a split, or of some of its batches; each distinct caption once."""
    input:
        images="<results>/corpora/{corpus}/images.parquet",
        captions="<results>/corpora/{corpus}/captions.parquet",
        architecture=of(networks.built_from, "encoder"),
        weights=of(networks.weights, "encoder"),
    output:
        **{"part": temp(PARTS)} if IN_PARTS else EMBEDDINGS,
    log:
        f"<logs>/embed/{EMBED_JOB}.log",
    benchmark:
        f"<benchmarks>/embed/{EMBED_JOB}.tsv"
    wildcard_constraints:
        encoder=any_of(places.networks),
        corpus=any_of(config["corpora"]),
    priority: 1
    conda:
        of(networks.environment, "encoder")
    threads: of(networks.threads, "encoder")
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        encoder=of(networks.entry, "encoder"),
        architecture=of(networks.architecture, "encoder"),
        settings=config["embedding"],
        libraries=of(networks.encoder_libraries, "encoder"),
        code=of(code_with("embed", networks.architecture, networks.module), "encoder"),
    script:
        "../../scripts/embed.py"


if IN_PARTS:

    rule join_parts:
        """Raw image and text embeddings of a split, the same whatever the number of its parts."""
        input:
            images="<results>/corpora/{corpus}/images.parquet",
            captions="<results>/corpora/{corpus}/captions.parquet",
            parts=gather.embed(
                "<results>/embeddings/{{encoder}}/{{corpus}}/{{split}}/parts/{scatteritem}.npz"
            ),
        output:
            **EMBEDDINGS,
        log:
            "<logs>/join_parts/{encoder}/{corpus}/{split}.log",
        benchmark:
            "<benchmarks>/join_parts/{encoder}/{corpus}/{split}.tsv"
        wildcard_constraints:
            encoder=any_of(places.networks),
            corpus=any_of(config["corpora"]),
        conda:
            "../../envs/measure.yaml"
        resources:
            mem_mb=growing(4000),
            runtime=growing(30),
        params:
            code=code_of("join_parts"),
        script:
            "../../scripts/join_parts.py"


rule embed_prompts:
    """Embeddings of every prompt that a section asks an encoder with, each text once."""
    input:
        unpack(of(prompts.tables, "encoder", "section")),
        unpack(of(prompts.rephrased_tables, "encoder", "section")),
        architecture=of(networks.built_from, "encoder"),
        weights=of(networks.weights, "encoder"),
    output:
        "<results>/embeddings/{encoder}/prompts/{section}.parquet",
    log:
        "<logs>/embed_prompts/{encoder}/{section}.log",
    benchmark:
        "<benchmarks>/embed_prompts/{encoder}/{section}.tsv"
    wildcard_constraints:
        section="zero_shot|fairness|rephrasing|robustness",
        encoder=any_of(places.networks),
    priority: 1
    conda:
        of(networks.environment, "encoder")
    threads: of(networks.threads, "encoder")
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        encoder=of(networks.entry, "encoder"),
        architecture=of(networks.architecture, "encoder"),
        settings=config["embedding"],
        tasks=of(prompts.tasks, "encoder", "section"),
        corpora=of(prompts.corpora, "encoder", "section"),
        given=of(prompts.given, "encoder", "section"),
        rephrased=of(prompts.rephrased, "encoder", "section"),
        rephrasing=of(prompts.rephrasing, "section"),
        libraries=of(networks.encoder_libraries, "encoder"),
        code=of(
            code_with("embed_prompts", networks.architecture, networks.module),
            "encoder",
        ),
    script:
        "../../scripts/embed_prompts.py"


rule embed_noise:
    """Embeddings of noise: normal pixels, uniformly random tokens (liang2022, Fig. 2a)."""
    input:
        architecture=of(networks.built_from, "encoder"),
        weights=of(networks.weights, "encoder"),
    output:
        images="<results>/embeddings/{encoder}/noise/all/images.parquet",
        texts="<results>/embeddings/{encoder}/noise/all/texts.parquet",
    log:
        "<logs>/embed_noise/{encoder}.log",
    benchmark:
        "<benchmarks>/embed_noise/{encoder}.tsv"
    wildcard_constraints:
        encoder=any_of(places.networks),
    conda:
        of(networks.environment, "encoder")
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        encoder=of(networks.entry, "encoder"),
        architecture=of(networks.architecture, "encoder"),
        settings=config["embedding"],
        noise=config.get("noise"),
        libraries=of(networks.encoder_libraries, "encoder"),
        code=of(
            code_with("embed_noise", networks.architecture, networks.module), "encoder"
        ),
    script:
        "../../scripts/embed_noise.py"


rule embed_backbone:
    """Embeddings by an encoder of one modality, of a split or of noise."""
    input:
        unpack(of(places.corpus_tables, "corpus")),
        weights=of(networks.weights, "encoder"),
        folder=of(networks.folder_files, "encoder"),
    output:
        "<results>/embeddings/{encoder}/{corpus}/{split}/{side}.parquet",
    log:
        "<logs>/embed_backbone/{encoder}/{corpus}/{split}/{side}.log",
    benchmark:
        "<benchmarks>/embed_backbone/{encoder}/{corpus}/{split}/{side}.tsv"
    wildcard_constraints:
        encoder=any_of(places.backbones),
        side="images|texts",
    conda:
        "../../envs/network.yaml"
    threads: 8
    resources:
        gpu=1,
        mem_mb=growing(4000),
        runtime=growing(120),
    params:
        encoder=of(networks.entry, "encoder"),
        settings=config["embedding"],
        noise=config.get("noise"),
        code=code_of("embed_backbone"),
    script:
        "../../scripts/embed_backbone.py"


rule read_precomputed:
    """Embeddings that a user brings, in the workflow's own form."""
    input:
        files=of(networks.arrays, "encoder"),
    output:
        **EMBEDDINGS,
    log:
        "<logs>/read_precomputed/{encoder}/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/read_precomputed/{encoder}/{corpus}/{split}.tsv"
    wildcard_constraints:
        encoder=any_of(places.pairs),
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        files=of(networks.arrays, "encoder"),
        called=of(networks.modalities, "encoder"),
        stamps=of(networks.array_stamps, "encoder"),
        code=code_of("read_precomputed"),
    script:
        "../../scripts/read_precomputed.py"


rule read_rows:
    """Embeddings that a user brings of a corpus whose rows are known, in the workflow's own form."""
    input:
        images="<results>/corpora/{corpus}/images.parquet",
        captions="<results>/corpora/{corpus}/captions.parquet",
        files=of(networks.arrays, "encoder"),
        prompts=of(networks.prompt_arrays, "encoder"),
    output:
        **EMBEDDINGS,
    log:
        "<logs>/read_rows/{encoder}/{corpus}/{split}.log",
    benchmark:
        "<benchmarks>/read_rows/{encoder}/{corpus}/{split}.tsv"
    wildcard_constraints:
        encoder=any_of(places.described),
        corpus=any_of(originals.arrays),
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        files=of(networks.arrays, "encoder"),
        prompts=of(networks.prompt_arrays, "encoder"),
        stamps=of(networks.array_stamps, "encoder"),
        prompt_stamps=of(networks.prompt_stamps, "encoder"),
        code=code_of("read_rows"),
    script:
        "../../scripts/read_rows.py"


rule look_up_prompts:
    """What a user's arrays hold of every prompt that a section asks for, each text once."""
    input:
        unpack(of(prompts.tables, "encoder", "section")),
        unpack(of(prompts.rephrased_tables, "encoder", "section")),
        captions=of(prompts.own_captions, "encoder"),
        files=of(networks.arrays, "encoder"),
        prompts=of(networks.prompt_arrays, "encoder"),
    output:
        "<results>/embeddings/{encoder}/prompts/{section}.parquet",
    log:
        "<logs>/look_up_prompts/{encoder}/{section}.log",
    benchmark:
        "<benchmarks>/look_up_prompts/{encoder}/{section}.tsv"
    wildcard_constraints:
        section="zero_shot|fairness|rephrasing|robustness",
        encoder=any_of(places.described),
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        files=of(networks.arrays, "encoder"),
        prompts=of(networks.prompt_arrays, "encoder"),
        stamps=of(networks.array_stamps, "encoder"),
        prompt_stamps=of(networks.prompt_stamps, "encoder"),
        tasks=of(prompts.tasks, "encoder", "section"),
        corpora=of(prompts.corpora, "encoder", "section"),
        given=of(prompts.given, "encoder", "section"),
        rephrased=of(prompts.rephrased, "encoder", "section"),
        rephrasing=of(prompts.rephrasing, "section"),
        code=code_of("look_up_prompts"),
    script:
        "../../scripts/look_up_prompts.py"


remarks_of(*places.last_sides())
