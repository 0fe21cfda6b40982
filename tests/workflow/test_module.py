"""The workflow as a module of another one, in a folder of its own."""

import os
import subprocess
import sys

import pandas as pd
import pytest
import yaml
from conftest import ROOT
from rehearsal.local_server import serve

from workflow.test_bad_input import pictures_study
from workflow.test_moved import copied_project

SNAKEFILE = """
configfile: "config.yaml"

module modality_gap:
    snakefile: "{snakefile}"
    config: config
    {change}

use rule * from modality_gap as gap_*

rule mine:
    default_target: True
    input:
        gap="results/mine/gap/random/pictures/test.parquet",
        report="results/mine/report.html",
    output:
        "mine.csv",
    run:
        import pandas as pd
        pd.read_parquet(input.gap).to_csv(output[0])
"""


@pytest.fixture
def other(tmp_path):
    """Runs another workflow, which takes this one from a place."""
    study = pictures_study(tmp_path)
    study |= {"retrieval": {"k": [1]}}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(study, sort_keys=False))

    def snakemake(snakefile, *options, change="", more=""):
        text = SNAKEFILE.format(snakefile=snakefile, change=change)
        (tmp_path / "Snakefile").write_text(text + more)
        return subprocess.run(
            [sys.executable, "-m", "snakemake", "--cores", "2", *options],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, "NO_COLOR": "1"},
        )

    return snakemake


@pytest.mark.study
def test_another_workflow_takes_this_one_and_reads_its_tables(other, tmp_path):
    done = other(ROOT / "Snakefile")
    assert done.returncode == 0, done.stdout + done.stderr
    assert pd.read_csv(tmp_path / "mine.csv").modality_gap[0] > 0
    report = (tmp_path / "results/mine/report.html").read_text()
    assert "My pictures" in report
    assert "modality gap on pictures" in report
    again = other(ROOT / "Snakefile", "--dry-run")
    assert "Nothing to be done" in again.stdout + again.stderr


@pytest.mark.parametrize("change", ['prefix: "sub"', 'pathvars: results="out"'])
def test_another_place_is_refused_before_anything_runs(other, change):
    done = other(ROOT / "Snakefile", "--dry-run", "gap_all", change=change)
    assert done.returncode != 0
    assert "a module of this workflow takes neither prefix nor pathvars" in (
        done.stdout + done.stderr
    )


def test_two_checkouts_are_not_mixed(other, tmp_path):
    """The second would be checked and planned by the library of the first."""
    (tmp_path / "second").mkdir()
    copied_project(tmp_path / "second")
    second = f"""
module second:
    snakefile: "{tmp_path / "second/Snakefile"}"
    config: config

use rule * from second as second_*
"""
    done = other(ROOT / "Snakefile", "--dry-run", more=second)
    assert done.returncode != 0
    assert "another checkout of this workflow is a module here already" in done.stdout + done.stderr


def test_a_module_that_is_not_on_this_machine_is_refused_in_one_line(other):
    with serve(ROOT) as address:
        done = other(f"{address}/Snakefile", "--dry-run")
    assert done.returncode != 0
    assert "expected a checkout of this workflow on this machine" in done.stdout + done.stderr
