"""A run of several processes that is killed goes on to the same numbers."""

import os
import signal
import subprocess
import sys
import time

import pandas as pd
import torch
from conftest import ROOT
from unit.training.test_training_options import corpus, do, weights

corpus = corpus  # the fixture
# What is drawn at random in each process, each step: after a resumption, from the same state.
DRAWN = {"augmentation": {"rotation": 30, "translation": 0.1, "scale": 0.1}}
LONG = DRAWN | {"epochs": 8, "evaluations": 8}


def begin(corpus, folder) -> subprocess.Popen:
    """The same run, in processes that share nothing with this one but a group of their own."""
    paths = [str(ROOT / part) for part in ("scripts", "tests")]
    code = (
        f"import sys; sys.path[:0] = {paths!r}\nfrom pathlib import Path\n"
        "from unit.training.test_training_options import do\n"
        f"do(Path({str(corpus)!r}), Path({str(folder)!r}), processes=2, **{LONG!r})"
    )
    return subprocess.Popen([sys.executable, "-c", code], start_new_session=True)


def kept(folder) -> list[dict]:
    """The rows of a run's trajectory that its checkpoint holds."""
    file = folder / "progress.pt"
    return torch.load(file, weights_only=True)["rows"] if file.exists() else []


def test_two_processes_that_are_killed_go_on_to_the_same_numbers(corpus, tmp_path):
    undisturbed = do(corpus, tmp_path / "whole", processes=2, **LONG)
    killed = tmp_path / "killed"
    running = begin(corpus, killed)
    while len(kept(killed)) < 2 and running.poll() is None:
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    before = kept(killed)
    assert 1 < len(before) < len(undisturbed), "killed too late: nothing was left to do"
    resumed = do(corpus, killed, processes=2, **LONG)
    # It went on, and did not begin anew: rows before the kill keep their own times.
    assert [row["seconds"] for row in before] == list(resumed.seconds[: len(before)])
    pd.testing.assert_frame_equal(
        resumed.drop(columns="seconds"), undisturbed.drop(columns="seconds")
    )
    whole = weights(tmp_path / "whole")
    for name, value in weights(killed).items():
        assert torch.equal(value, whole[name]), name
