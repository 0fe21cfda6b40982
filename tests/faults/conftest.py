"""A small study in a copy of the project, and what it makes undisturbed."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml
from conftest import ROOT
from workflow.test_moved import copied_project, small_study

MADE = ("results", "logs", "benchmarks", ".snakemake")
TIMES = ("seconds",)  # columns of elapsed time
MAKE = ("make", "run", "STUDY=study.yaml")
SNAKEMAKE = (".venv/bin/snakemake", "--cores", "2", "--resources", "gpu=1")
SNAKEMAKE += ("--configfile", "study.yaml")


class Project:
    """A copy of the project with a study of ten pictures, whose training is saved twelve times."""

    def __init__(self, folder: Path, *targets: str):
        """targets: what of the study is made; without, all of it, by `make run`."""
        self.folder = copied_project(folder)
        alone = (".venv/bin/python", "scripts/alone.py", *SNAKEMAKE, "--", *targets)
        self.command = alone if targets else MAKE
        for file in ("Makefile", "requirements.lock"):
            shutil.copy(ROOT / file, folder)
        os.utime(folder / "requirements.lock", (0, 0))  # the environment is younger
        (folder / ".venv").symlink_to(ROOT / ".venv")
        study = small_study(folder)
        study["training"]["short"] |= {"epochs": 12, "evaluations": 12}
        study["training"]["short"]["seeds"] = [0] if targets else [0, 1]
        if targets:
            study["encoders"]["trained"] = {"kind": "run", "run": "short", "weights": "final"}
        else:
            del study["quantization"]
        (folder / "study.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
        self.results, self.said = folder / "results" / study["study"], folder / "said.txt"

    def start(self, *command: str) -> subprocess.Popen:
        """Begin a run, or another command, in a process group of its own."""
        environment = {name: value for name, value in os.environ.items() if name != "MAKEFLAGS"}
        with self.said.open("w") as said:
            return subprocess.Popen(
                command or self.command,
                cwd=self.folder,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=environment | {"NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"},
            )

    def run(self, *command: str) -> tuple[int, str]:
        """Exit status of a run, or of another command, and what it said."""
        status = self.start(*command).wait()
        return status, self.said.read_text()

    def succeeds(self) -> str:
        """What a run said; it must end well."""
        status, said = self.run()
        assert status == 0, said
        return said

    def fails(self) -> str:
        """What a run said; it must not end well."""
        status, said = self.run()
        assert status != 0, said
        return said

    def clean(self) -> None:
        """Delete all that runs made."""
        for name in MADE:
            shutil.rmtree(self.folder / name, ignore_errors=True)

    def is_locked(self) -> bool:
        """Whether Snakemake's lock is there."""
        return any((self.folder / ".snakemake/locks").glob("*.lock"))

    def tables(self) -> dict[str, tuple]:
        """Every table of the study, by path: rows without times, and what a file says of itself."""
        found = {}
        for file in sorted(self.results.rglob("*")):
            path = str(file.relative_to(self.results))
            if file.suffix == ".parquet":
                found[path] = (pd.read_parquet(file), pq.read_schema(file).metadata)
            elif file.suffix == ".csv":
                found[path] = (pd.read_csv(file), None)
            elif file.suffix in (".pt", ".yaml", ".arrow"):
                found[path] = (file.read_bytes(), None)
        return found


def kill_group(process: subprocess.Popen) -> None:
    """SIGKILL to a run and all that it started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def assert_same(found: dict[str, tuple], expected: dict[str, tuple]) -> None:
    """Every table equals that of another run of the study, to the last bit, but for times."""
    assert found.keys() == expected.keys()
    for path, (content, metadata) in expected.items():
        own, own_metadata = found[path]
        if isinstance(content, bytes):
            assert own == content, path
            continue
        left, right = (rows.drop(columns=[*TIMES], errors="ignore") for rows in (own, content))
        pd.testing.assert_frame_equal(left, right, check_exact=True, obj=path)
        assert own_metadata == metadata, path


class Undisturbed:
    """What a run that nothing befell has made, and the seconds that it took."""

    def __init__(self, project: Project):
        started = time.monotonic()
        project.succeeds()
        self.seconds, self.tables = time.monotonic() - started, project.tables()
        assert len(self.tables) > 8


@pytest.fixture(scope="module")
def undisturbed(project):
    """What the study's tables are where nothing befalls it; `project` is the module's own."""
    return Undisturbed(project)
