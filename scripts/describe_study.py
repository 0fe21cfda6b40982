"""What the study was made of, by what and on what: an RO-Crate."""

import json
from pathlib import Path

from job import job
from modality_gap.provenance import check_unaltered, describe, inputs_of

with job(snakemake):
    output, params = Path(snakemake.output[0]), snakemake.params
    inputs = inputs_of(params.study, params.study_files, params.downloads)
    project = Path(snakemake.scriptdir).parent
    crate = describe(output.parent, params.study, inputs, Path(params.benchmarks), project)
    check_unaltered(output.parent, crate)
    output.write_text(json.dumps(crate, indent=1, ensure_ascii=False), "utf-8")
