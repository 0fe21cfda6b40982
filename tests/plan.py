"""Every job of a study as JSON, to compare two checkouts: python tests/plan.py FOLDER STUDY [--code].

What says which code a job runs is left out, since it may differ; --code: it is not.
"""

import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

PLANNING = Path(__file__).parents[1] / "scripts/modality_gap/cost/jobs.py"

# Inputs and params that say, or once said, which code a job runs.
CODE = ("library", "code", "snakefile", "captions", "stylesheet", "architecture", "patterns")
LEFT_OUT = () if "--code" in sys.argv else CODE


def jobs_of(snakefile: Path, study: Path) -> list[dict]:
    """Rule, wildcards, files, params, threads and resources of every job, sorted.

    Paths below the snakefile's folder are relative to it. Folders are as in the study: run it where
    the study's own files are.
    """
    # The workflow that is planned refuses the library of another checkout, which may be older.
    sys.path.insert(0, str(snakefile.parent / "scripts"))
    spec = spec_from_file_location("planning", PLANNING)
    planning = module_from_spec(spec)
    spec.loader.exec_module(planning)
    jobs = planning.plan(snakefile, study, everything=True).jobs
    found = [planning.described(job, str(snakefile.parent), LEFT_OUT) for job in jobs]
    return sorted(found, key=lambda job: json.dumps(job, sort_keys=True))


if __name__ == "__main__":
    folder, study = map(Path.resolve, map(Path, sys.argv[1:3]))
    json.dump(jobs_of(folder / "Snakefile", study), sys.stdout, indent=1, sort_keys=True)
