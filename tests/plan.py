"""Every job of a study as JSON, to compare two checkouts: python tests/plan.py FOLDER STUDY [--code].

What says which code a job runs is left out, since it may differ; --code: it is not.
"""

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, ResourceSettings

# Inputs and params that say, or once said, which code a job runs.
CODE = ("library", "code", "snakefile", "captions", "stylesheet", "architecture", "patterns")
LEFT_OUT = () if "--code" in sys.argv else CODE


def jobs_of(snakefile: Path, study: Path) -> list[dict]:
    """Rule, wildcards, files, params, threads and resources of every job, sorted.

    Paths below the snakefile's folder are relative to it. Folders are as in the study: run it where
    the study's own files are.
    """
    with SnakemakeApi(OutputSettings(quiet=set())) as api:
        workflow_api = api.workflow(
            resource_settings=ResourceSettings(cores=2, resources={"gpu": 1}),
            config_settings=ConfigSettings(configfiles=[study]),
            snakefile=snakefile,
            workdir=Path.cwd(),
        )
        workflow_api.dag(DAGSettings(forceall=True))
        workflow = workflow_api._workflow
        workflow.dag_settings = DAGSettings(forceall=True)
        workflow._prepare_dag(forceall=True, ignore_incomplete=True, lock_warn_only=True)
        workflow._build_dag()
        found = [described(job, str(snakefile.parent)) for job in workflow.dag.jobs]
    return sorted(found, key=lambda job: json.dumps(job, sort_keys=True))


def described(job, folder: str) -> dict:
    """A job as plain values."""
    return {
        "rule": job.rule.name,
        "wildcards": dict(job.wildcards_dict),
        "input": named(job.input, folder),
        "output": named(job.output, folder),
        "log": list(map(str, job.log)),
        "benchmark": str(job.benchmark),
        "params": json.loads(json.dumps(named(job.params, folder), default=str)),
        "threads": job.threads,
        "resources": {
            key: value
            for key, value in job.resources.items()
            if key != "tmpdir" and not key.startswith("_")
        },
        "conda": Path(job.conda_env_spec.file.path).name if job.conda_env_spec else None,
        "local": job.is_local,
    }


def named(values, folder: str) -> dict:
    """What has a name by it, and the rest in order; without what says the code."""
    names = dict(values.items())
    own = {
        id(item)
        for key, value in names.items()
        for item in (value if isinstance(value, list | tuple) else [value])
    }
    rest = [value for value in values if id(value) not in own]
    kept = {key: relative(value, folder) for key, value in names.items() if key not in LEFT_OUT}
    return kept | ({"": relative(rest, folder)} if rest else {})


def relative(value, folder: str):
    """A value with the paths below a folder relative to it."""
    if isinstance(value, str):
        return os.path.relpath(value, folder) if value.startswith(folder) else str(value)
    if isinstance(value, dict):
        return {key: relative(item, folder) for key, item in value.items()}
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [relative(item, folder) for item in value]
    return value


if __name__ == "__main__":
    folder, study = map(Path.resolve, map(Path, sys.argv[1:3]))
    json.dump(jobs_of(folder / "Snakefile", study), sys.stdout, indent=1, sort_keys=True)
