import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from emoji_archives import write_archives


class Workplace:
    """A folder of its own in which the workflow runs on one study."""

    def __init__(self, folder: Path, study: dict):
        self.folder, self.study = folder, study
        self.results = folder / "results" / study["study"]

    def snakemake(self, *options: str) -> subprocess.CompletedProcess:
        """Run the workflow as a user does; the study is written anew for every run."""
        (self.folder / "study.yaml").write_text(yaml.safe_dump(self.study, sort_keys=False))
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile")]
        command += [
            "--directory",
            str(self.folder),
            "--configfile",
            str(self.folder / "study.yaml"),
        ]
        command += ["--cores", "2", "--resources", "gpu=1", *options]
        environment = {**os.environ, "NO_COLOR": "1"}
        return subprocess.run(
            command, capture_output=True, text=True, cwd=self.folder, env=environment
        )

    def succeeds(self, *options: str) -> str:
        """What the run printed; it must end well."""
        done = self.snakemake(*options)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def fails(self, *options: str) -> str:
        """What the run printed; it must not end well."""
        done = self.snakemake(*options)
        assert done.returncode != 0, done.stdout + done.stderr
        return done.stdout + done.stderr


def small_emoji_study(archives: Path) -> dict:
    """The default study's own keys, on a corpus of two hundred small drawings."""
    study = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    study |= {"study": "small", "local_files": str(archives)}
    study["corpora"]["emoji"] |= {"image_size": 24, "held_out_concepts": 0.25}
    study["training"]["emoji"] |= {"epochs": 2, "batch_size": 16}
    study["views"] |= {"pairs": 16}
    study["shift_landscape"]["shifts"] = {"first": -2, "last": 2, "number": 9}
    study["shift_landscape"]["logit_scales"] = [100, 1]
    return study


@pytest.fixture(scope="session")
def archives(tmp_path_factory):
    """The emoji packages under their real names; their hashes are of course others."""
    folder = tmp_path_factory.mktemp("archives")
    write_archives(folder)
    return folder


@pytest.fixture
def workplace(tmp_path):
    """Makes a workplace from a study."""
    return lambda study: Workplace(tmp_path, study)
