from snakemake.utils import min_version

min_version("9.27")

# A study given with --configfile stands alone: it is not laid over the default one.
if "study" not in config and not workflow.configfiles:

    configfile: "config/config.yaml"


include: "workflow/rules/common.smk"


from modality_gap.object_storage import keep_constraints

keep_constraints(workflow.storage_settings.default_storage_provider)


pathvars:
    results=f"results/{config['study']}",
    logs=f"logs/{config['study']}",
    benchmarks=f"benchmarks/{config['study']}",


# A study has the experiments whose section it has, each in the file of that name.
EVERY_STUDY = [
    "data",
    "training",
    "embed",
    "gap",
    "cone",
    "retrieval",
    "views",
    "shift",
]
EXPERIMENTS = [
    section
    for section in config
    if section not in EVERY_STUDY and (HOME / f"workflow/rules/{section}.smk").is_file()
]

for topic in EVERY_STUDY + EXPERIMENTS:

    include: f"workflow/rules/{topic}.smk"


# Last: it shows what the others have told of.
include: "workflow/rules/report.smk"


# `make run` has done so already, and more.
onstart:
    if workflow.is_main_process and not workflow.touch:
        of(hold)({})


rule all:
    """The whole study, report included: a table, a figure or embeddings that are gone are made again."""
    default_target: True
    input:
        rules.report.input,
        [places.tables(pattern) for pattern in EMBEDDINGS.values()],
        [figure.replace(".svg", ".png") for figure in FIGURES],
        "<results>/report.html",
        "<results>/ro-crate-metadata.json",
