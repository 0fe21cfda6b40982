import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
import yaml
from conftest import ROOT
from rehearsal.emoji_archives import write_archives
from workflow.conftest import small_emoji_study

from cluster.slurm import Cluster, install

# What a user sets in the profile: the partition, a node's own disk, and that this Slurm keeps no
# accounting. For
# tests alone, few jobs at a time, and Slurm is asked more often.
PROFILE = {
    "\njobs: 50": "\njobs: 6",
    "# slurm_partition: your_partition": "slurm_partition: main",
    "# tmpdir: \"'/scratch'\"": "tmpdir: \"'{scratch}'\"",
    "# slurm-status-command: squeue": "slurm-status-command: squeue",
    "# slurm-no-account: true": "slurm-no-account: true\nslurm-init-seconds-before-status-checks: 2",
}


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """A running Slurm of two nodes. Where it cannot be installed, every test of it fails."""
    install()
    with Cluster(tmp_path_factory.mktemp("slurm")) as running:
        yield running


def arrays_study() -> dict:
    """What two arrays of embeddings need: no network, no download."""
    entry = {"kind": "precomputed", "corpus": "pairs", "file": "mine.npy"}
    return {"study": "small", "title": "Two arrays", "encoders": {"mine": entry}}


def small_study(archives: Path) -> dict:
    """Two trained runs, an encoder that embeds in two jobs, an experiment that is scattered."""
    small = small_emoji_study(archives)
    kept = ("study", "title", "local_files", "corpora", "views", "shift_landscape", "run_measures")
    study = {key: small[key] for key in (*kept, "first_steps")}
    study["corpora"]["emoji"]["evaluate"] = ["held_out_vendor"]
    run = small["training"]["vit"] | {"gpus": 1, "seeds": [0]}
    study["training"] = {"vit": run, "cold": small["training"]["vit_fixed_0.01"] | {"gpus": 1}}
    study["encoders"] = {"trained": {"kind": "run", "run": "vit", "weights": "final"}}
    embedding = {"batch_size": 16, "precision": "float32", "shards": 2}
    return study | {"embedding": embedding}


class Checkout:
    """A copy of this project in a folder, in which a user runs studies.

    runner: runs a list of words in a folder, as `Cluster.run` does; by default, on this machine.
    """

    def __init__(self, folder: Path, runner=None, **environment: str):
        self.folder, self.runner = folder, runner or self.here
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.environment = {**os.environ, "PATH": path, "NO_COLOR": "1", **environment}
        told = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
        for name in filter(None, told.stdout.decode().split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)

    def here(self, command: list[str], folder: Path) -> subprocess.CompletedProcess:
        """Run a command on this machine."""
        return subprocess.run(
            command,
            cwd=folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def run(self, command: str) -> subprocess.CompletedProcess:
        """Run a shell command in this checkout."""
        return self.runner(["bash", "-c", command], self.folder)

    def write(self, study: dict) -> None:
        """Save a study as config/mine.yaml."""
        text = yaml.safe_dump(study, sort_keys=False)
        (self.folder / "config/mine.yaml").write_text(text)

    def append(self, script: str, lines: str) -> None:
        """Have a script do something more at its end."""
        with (self.folder / f"scripts/{script}.py").open("a") as file:
            file.write(f"\n\n{lines}\n")

    def succeeds(self, command: str) -> str:
        """What a command printed; it must end well."""
        done = self.run(command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture(scope="session")
def checkout(cluster, archives, tmp_path_factory):
    """A copy of this project on the login node, with a small study of two hundred drawings."""
    folder = tmp_path_factory.mktemp("user") / "modality-gap"
    place = Checkout(folder, partial(cluster.run, check=False))
    profile = place.folder / "profiles/slurm/config.yaml"
    text = profile.read_text()
    for line, own in PROFILE.items():
        assert text.count(line) == 1, line
        text = text.replace(line, own.format(scratch=cluster.scratch))
    profile.write_text(text)
    place.write(small_study(archives) | {"local_files": None})
    # The hashes of the real packages are in the code: they cannot be downloaded here.
    shutil.copytree(archives, place.folder / "results/downloads")
    return place


@pytest.fixture(scope="session")
def archives(tmp_path_factory):
    """The emoji packages under their real names; their hashes are of course others."""
    folder = tmp_path_factory.mktemp("archives")
    write_archives(folder)
    return folder
