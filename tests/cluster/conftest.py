import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from cluster.slurm import Cluster, install
from conftest import ROOT
from rehearsal.emoji_archives import write_archives
from workflow.conftest import small_emoji_study

# What a user sets in the profile: the partition, and that this Slurm keeps no accounting. Only for
# tests, it is asked more often.
PROFILE = {
    "# slurm_partition: your_partition": "slurm_partition: main",
    "# slurm-status-command: squeue": "slurm-status-command: squeue",
    "# slurm-no-account: true": "slurm-no-account: true\nslurm-init-seconds-before-status-checks: 2",
}


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """A running Slurm of two nodes. Where it cannot be installed, every test of it fails."""
    install()
    with Cluster(tmp_path_factory.mktemp("slurm")) as running:
        yield running


def tiny_study(archives: Path) -> dict:
    """Two trained runs, three encoders, and two experiments that are scattered over jobs."""
    small = small_emoji_study(archives)
    kept = ("study", "title", "local_files", "corpora", "views", "shift_landscape", "run_measures")
    study = {key: small[key] for key in (*kept, "seed_cones", "first_steps")}
    study["corpora"]["emoji"]["evaluate"] = ["held_out_vendor"]
    run = small["training"]["vit"] | {"gpus": 1, "seeds": [0]}
    family = study["seed_cones"]["families"]["vit"]
    study["seed_cones"]["families"] = {"vit": family | {"seeds": 5}}
    study["training"] = {"vit": run, "cold": small["training"]["vit_fixed_0.01"] | {"gpus": 1}}
    study["encoders"] = {"trained": {"kind": "run", "run": "vit", "weights": "final"}}
    return study


class Checkout:
    """A copy of this project in which a user runs studies on a cluster."""

    def __init__(self, folder: Path, cluster: Cluster):
        self.folder, self.cluster = folder, cluster
        told = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
        for name in filter(None, told.stdout.decode().split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, folder / name)

    def write(self, study: dict) -> None:
        """Save a study as config/mine.yaml."""
        (self.folder / "config/mine.yaml").write_text(yaml.safe_dump(study, sort_keys=False))

    def run(self, command: str) -> subprocess.CompletedProcess:
        """Run a shell command on the cluster's login node, in this checkout."""
        command = f"export PATH={Path(sys.executable).parent}:$PATH; {command}"
        return self.cluster.run(["bash", "-c", command], check=False, folder=self.folder)

    def succeeds(self, command: str) -> str:
        """What a command printed; it must end well."""
        done = self.run(command)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def checkout(cluster, tmp_path):
    """A copy of this project on the login node, its profile set to the cluster of the tests."""
    place = Checkout(tmp_path / "modality-gap", cluster)
    profile = place.folder / "profiles/slurm/config.yaml"
    text = profile.read_text()
    for line, own in PROFILE.items():
        assert text.count(line) == 1, line
        text = text.replace(line, own)
    profile.write_text(text)
    return place


@pytest.fixture(scope="session")
def archives(tmp_path_factory):
    """The emoji packages under their real names; their hashes are of course others."""
    folder = tmp_path_factory.mktemp("archives")
    write_archives(folder)
    return folder
