from snakemake.utils import min_version

min_version("9.27")

# A study given with --configfile stands alone: it is not laid over the default one.
if "study" not in config and not workflow.configfiles:

    configfile: "config/config.yaml"


include: "workflow/rules/common.smk"


pathvars:
    results=f"results/{config['study']}",
    logs=f"logs/{config['study']}",
    benchmarks=f"benchmarks/{config['study']}",


include: "workflow/rules/data.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/embed.smk"
include: "workflow/rules/gap.smk"
include: "workflow/rules/cone.smk"
include: "workflow/rules/retrieval.smk"
include: "workflow/rules/views.smk"
include: "workflow/rules/shift.smk"
include: "workflow/rules/report.smk"


# Experiments that a study has where it has their section.
for experiment in EXPERIMENTS:

    include: f"workflow/rules/{experiment}.smk"


rule all:
    """The whole study, report included."""
    default_target: True
    input:
        "<results>/report.html",
