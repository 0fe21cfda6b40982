"""Snakemake's report, made from what the finished jobs recorded."""

import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from job import job

PROJECT = Path(snakemake.scriptdir).parent

with job(snakemake):
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as study:
        yaml.safe_dump(snakemake.params.study, study)
        study.flush()
        command = [
            *(sys.executable, "-m", "snakemake", "figures", "--nolock", "--cores", "1"),
            *("--snakefile", str(PROJECT / "Snakefile"), "--configfile", study.name),
            *("--workflow-profile", "none", "--report", snakemake.output[0]),
            *("--report-stylesheet", str(PROJECT / "workflow/report/report.css")),
        ]
        done = subprocess.run(command, capture_output=True, text=True)
    Path(snakemake.log[0]).write_text(done.stdout + done.stderr)
    if done.returncode != 0:
        raise ValueError(f"snakemake --report failed: see {snakemake.log[0]}")
