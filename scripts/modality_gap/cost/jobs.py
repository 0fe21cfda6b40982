"""The jobs of a study, as Snakemake plans them and runs none."""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml
from snakemake.api import SnakemakeApi
from snakemake.settings.enums import Quietness, RerunTrigger
from snakemake.settings.types import ConfigSettings, DAGSettings, OutputSettings, ResourceSettings
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

from modality_gap.study import Study


@dataclass
class Plan:
    """The jobs of a study. jobs: Snakemake's, all of them; missing: those that would run.

    needs: of each job, the jobs whose files it reads; study: with its defaults.
    """

    jobs: list
    missing: set
    needs: dict
    study: Study


def plan(
    snakefile: Path,
    study: Path,
    config: dict | None = None,
    cores: int = 2,
    gpus: int = 1,
    everything: bool = False,
) -> Plan:
    """The plan of a study in the working directory, as `snakemake --dry-run` makes it.

    config: as of `--config`; cores, gpus: as of `--cores` and `--resources gpu=`; everything: as if
    no job had run. Folders that are not there yet are told, as in a dry run. Raises Snakemake's
    WorkflowError, with the study's own line, where the study is not valid.
    """
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        workflow_api = api.workflow(
            resource_settings=ResourceSettings(cores=cores, resources={"gpu": gpus}),
            config_settings=ConfigSettings(configfiles=[study], config=config or {}),
            snakefile=snakefile,
            workdir=Path.cwd(),
        )
        settings = DAGSettings(forceall=everything, rerun_triggers=rerun_triggers(snakefile.parent))
        # Its own `execute_workflow` tells jobs to a terminal only.
        workflow = workflow_api._workflow
        workflow._executor_plugin = ExecutorPluginRegistry().get_plugin("dryrun")
        workflow_api.dag(settings)
        workflow.dag_settings = settings
        workflow._prepare_dag(forceall=everything, ignore_incomplete=True, lock_warn_only=True)
        workflow._build_dag()
        dag = workflow.dag
        jobs = list(dag.jobs)
        needs = {job: list(dag.dependencies[job]) for job in jobs}
        return Plan(jobs, set(dag.needrun_jobs()), needs, workflow.globals["study"])


def rerun_triggers(project: Path) -> frozenset:
    """When a job runs again, as the project's own profile says."""
    profile = yaml.safe_load((project / "profiles/default/config.yaml").read_text("utf-8"))
    return frozenset(RerunTrigger.parse_choices_set(profile["rerun-triggers"]))


def described(job, folder: str, left_out: Iterable[str] = ()) -> dict:
    """A job as plain values; paths below a folder relative to it; left_out: names of values."""
    return {
        "rule": job.rule.name,
        "wildcards": dict(job.wildcards_dict),
        "input": named(job.input, folder, left_out),
        "output": named(job.output, folder, left_out),
        "log": list(map(str, job.log)),
        "benchmark": str(job.benchmark),
        "params": json.loads(json.dumps(named(job.params, folder, left_out), default=str)),
        "threads": job.threads,
        "resources": {
            key: value
            for key, value in job.resources.items()
            if key != "tmpdir" and not key.startswith("_")
        },
        "conda": Path(job.conda_env_spec.file.path).name if job.conda_env_spec else None,
        "local": job.is_local,
    }


def named(values, folder: str, left_out: Iterable[str]) -> dict:
    """What has a name by it, and the rest in order; without what is left out."""
    names = dict(values.items())
    own = {
        id(item)
        for key, value in names.items()
        for item in (value if isinstance(value, list | tuple) else [value])
    }
    rest = [value for value in values if id(value) not in own]
    kept = {key: relative(value, folder) for key, value in names.items() if key not in left_out}
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
