"""The jobs of a study are the same wherever the project lies."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import ROOT

from workflow.conftest import small_emoji_study
from workflow.test_moved import copied_project


def plan(project: Path, study: Path, folder: Path) -> list[dict]:
    """Every job of a study, planned by a project from a folder."""
    command = [sys.executable, ROOT / "tests/plan.py", project, study, "--code"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# What a user must have fetched for our studies; a dry run alone does without.
BY_HAND = ("imagenet", "cc3m", "hateful_memes", "mmvp_vlm")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    return copied_project(tmp_path_factory.mktemp("elsewhere"))


@pytest.mark.parametrize("name", ["config", "liang2022", "yaras2024", "precomputed", "small"])
def test_another_folder_plans_the_same_jobs(elsewhere, tmp_path, archives, name):
    study = tmp_path / f"{name}.yaml"
    for folder in BY_HAND:
        (tmp_path / "data" / folder).mkdir(parents=True)
    if name == "small":
        study.write_text(yaml.safe_dump(small_emoji_study(archives), sort_keys=False))
    else:
        shutil.copy(ROOT / f"config/{name}.yaml", study)
    here = plan(ROOT, study, tmp_path)
    assert here == plan(elsewhere, study, tmp_path)
    assert {"summarize", "report"} < {job["rule"] for job in here}
    assert str(ROOT) not in json.dumps([{**job, "input": None} for job in here])
