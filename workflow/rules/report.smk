import os
from functools import partial

from modality_gap.claims.register import PAPERS
from modality_gap.conditions import other_conditions
from modality_gap.study.corpora import pictured


report: "../report/study.rst"


# What the page is made with: not what else lies in that folder.
PAGE_FILES = [
    *sorted(HOME.glob("workflow/report/*.rst")),
    *sorted(HOME.glob("workflow/report/page*")),
    HOME / "CITATION.cff",
]


# The register of the papers' claims.
REGISTERS = [HOME / f"config/claims/{paper}.csv" for paper in PAPERS]


rule judge_claims:
    """Every claim of the papers with its status in this study, and what that rests on."""
    input:
        **{table: files for table, (files, _) in CLAIMS.items()},
    output:
        claims=report(
            "<results>/claims.csv",
            category="0 The numbers",
            labels={"table": "Claims of the papers"},
        ),
        evidence="<results>/evidence.csv",
    log:
        "<logs>/judge_claims.log",
    benchmark:
        "<benchmarks>/judge_claims.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        tables=list(CLAIMS),
        facts={table: facts for table, (_, facts) in CLAIMS.items() if facts},
        other=of(partial(other_conditions, config, HOME)),
        code=code_of("judge_claims", "modality_gap.claims.*", files=REGISTERS),
    script:
        "../../scripts/judge_claims.py"


rule summarize:
    """One table of every encoder's gap, cone and recall, and one of what was left out."""
    input:
        gaps=places.tables("<results>/gap/{encoder}/{corpus}/{split}.parquet"),
        cones=places.tables(
            "<results>/cone/{encoder}/{corpus}/{split}/statistics.parquet"
        ),
        one_sided_cones=places.tables(
            "<results>/cone/{encoder}/{corpus}/{split}/statistics.parquet",
            places.backbones,
        ),
        recalls=places.tables("<results>/retrieval/{encoder}/{corpus}/{split}.parquet"),
        remarks=REMARKS,
    output:
        table="<results>/summary.parquet",
        csv=report(
            "<results>/summary.csv",
            category="0 The numbers",
            labels={"table": "Summary"},
        ),
        remarks=report(
            "<results>/remarks.csv",
            category="1 The data",
            labels={"table": "What was left out, merged or cut"},
        ),
    log:
        "<logs>/summarize.log",
    benchmark:
        "<benchmarks>/summarize.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        evaluations=places.keys(),
        one_sided_evaluations=places.keys(places.backbones),
        code=code_of("summarize"),
    script:
        "../../scripts/summarize.py"


EVERY_TABLE = TABLES | CLAIMS
# Points of pictures are for drawing; the gaps of models are among all gaps.
OF_PICTURES = ["views", "shift_view", "seed_points", "plane_positions"]
WRITTEN = {
    name: found
    for name, found in EVERY_TABLE.items()
    if name not in [*OF_PICTURES, "gap_of_models"]
}


rule tables:
    """Every table as CSV and LaTeX: snakemake tables."""
    input:
        **{table: files for table, (files, _) in WRITTEN.items()},
        summary="<results>/summary.parquet",
        claims="<results>/claims.csv",
    output:
        directory("<results>/tables"),
    log:
        "<logs>/tables.log",
    benchmark:
        "<benchmarks>/tables.tsv"
    conda:
        "../../envs/measure.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        tables=list(WRITTEN),
        facts={table: facts for table, (_, facts) in WRITTEN.items() if facts},
        code=code_of("tables"),
    script:
        "../../scripts/tables.py"


rule figures:
    """Everything that the report shows."""
    input:
        list(FIGURES),
        rules.summarize.output,
        rules.judge_claims.output,


rule report:
    """The study as one page that needs no network."""
    input:
        rules.figures.input,
        pixels=[str(Path(figure).with_suffix(".png")) for figure in FIGURES],
        tables=sorted(
            {
                *REMARKS,
                *SHOWN,
                *sum((files for files, _ in EVERY_TABLE.values()), []),
            }
        ),
    output:
        "<results>/report.html",
    log:
        "<logs>/report.log",
    benchmark:
        "<benchmarks>/report.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(10),
    params:
        study=config,
        figures=FIGURES,
        pictured=list(pictured(config["corpora"])),
        place=report_place,
        code=code_of("report", files=PAGE_FILES),
    script:
        "../../scripts/report.py"


rule provenance:
    """What the study was made of, by what and on what: an RO-Crate, for `make verify`."""
    input:
        rules.report.input,
        report="<results>/report.html",
    output:
        update("<results>/ro-crate-metadata.json"),
    log:
        "<logs>/provenance.log",
    benchmark:
        "<benchmarks>/provenance.tsv"
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(60),
    params:
        study=config,
        study_files=[os.path.relpath(file) for file in workflow.configfiles],
        downloads=[*originals.downloads(), *networks.downloads()],
        benchmarks=f"benchmarks/{config['study']}",
        code=code_of("describe_study"),
    script:
        "../../scripts/describe_study.py"


onsuccess:
    page = Path(f"results/{config['study']}/report.html")
    if page.is_file():
        print(f"The report of this study: {page}")
