"""Every rule in an environment of its own, `--sdm conda`, with a stand-in for the conda command.

It proves that each rule has an environment, that its file names what the jobs import, and that they
run in it. It does not prove that conda's channels have these packages, nor that its solver finds a
solution; and what Snakemake itself is installed with, a job's script would find too.
"""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from cluster.conftest import Checkout, arrays_study

CONDA = Path(__file__).with_name("stand_in_conda.py")
ACTIVATE = 'export PATH="$1/bin:$PATH"\nexport CONDA_PREFIX="$1"\n'


@pytest.fixture
def checkout(tmp_path):
    """A copy of this project on a machine that has `conda`."""
    programs = tmp_path / "conda/bin"
    programs.mkdir(parents=True)
    (programs / "conda").write_text(f'#!/bin/sh\nexec {sys.executable} {CONDA} "$@"\n')
    (programs / "conda").chmod(0o755)
    (programs / "activate").write_text(ACTIVATE)
    place = Checkout(tmp_path / "modality-gap", STAND_IN_CONDA=str(tmp_path / "conda"))
    place.environment["PATH"] = f"{programs}:{place.environment['PATH']}"
    place.write(arrays_study())
    random = np.random.default_rng(0)
    np.save(place.folder / "mine.npy", random.normal(size=(2, 40, 8)).astype(np.float32))
    return place


def test_a_study_runs_to_its_report_each_rule_in_its_own_environment(checkout):
    # That it runs in the environment, a job says itself.
    for script in ("read_precomputed", "report"):
        checkout.append(
            script,
            f"import sys\nfrom pathlib import Path\n\nPath('{script}.txt').write_text(sys.prefix)",
        )
    command = "snakemake --sdm conda --cores 2 --quiet host --configfile config/mine.yaml"
    told = checkout.succeeds(command)
    assert (checkout.folder / "results/small/report.html").is_file()
    made = {*re.findall(r"Creating conda environment \S*?(envs/\w+\.yaml)", told)}
    assert made == {"envs/measure.yaml", "envs/report.yaml"}
    used = re.findall(r"Activating conda environment: (\S+)", told)
    assert len(used) >= len(re.findall(r"^Finished jobid", told, re.M)) - 1  # `all` runs nothing
    places = {
        (checkout.folder / f"{script}.txt").read_text() for script in ("read_precomputed", "report")
    }
    assert len(places) == 2
    assert all(place.startswith(str(checkout.folder / ".snakemake/conda")) for place in places)
