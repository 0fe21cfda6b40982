"""The profile for any scheduler with a submit command, on one that stands in for PBS."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cluster.conftest import Checkout, arrays_study

SCHEDULER = Path(__file__).with_name("stand_in_scheduler.py")
COMMAND = "snakemake --workflow-profile profiles/submit --configfile config/mine.yaml --jobs 2"
GAP = "results/small/gap/mine/pairs/all.parquet"
FIGURE = "results/small/figures/pairs/all/gap.svg"


@pytest.fixture
def checkout(tmp_path):
    """A copy of this project on a machine that has `qsub` and `qstat`."""
    programs, kept = tmp_path / "bin", tmp_path / "scheduler"
    for folder in (programs, kept):
        folder.mkdir()
    for name in ("qsub", "qstat"):
        program = programs / name
        program.write_text(f'#!/bin/sh\nexec {sys.executable} {SCHEDULER} {name} "$@"\n')
        program.chmod(0o755)
    place = Checkout(tmp_path / "modality-gap", SCHEDULER=str(kept))
    place.environment["PATH"] = f"{programs}:{place.environment['PATH']}"
    place.write(arrays_study())
    random = np.random.default_rng(0)
    np.save(place.folder / "mine.npy", random.normal(size=(2, 40, 8)).astype(np.float32))
    return place


def submitted(checkout) -> list[dict]:
    """What the scheduler was asked for."""
    lines = Path(checkout.environment["SCHEDULER"], "jobs.jsonl").read_text().splitlines()
    return list(map(json.loads, lines))


def test_jobs_ask_for_what_their_rules_do_and_for_more_when_they_are_killed(checkout):
    checkout.append("plot_gap", 'import time\n\nhog = b"1" * 2_500_000_000\ntime.sleep(2)')
    checkout.succeeds(f"{COMMAND} -- {FIGURE}")
    x, y = np.load(checkout.folder / "mine.npy").astype(float)
    x, y = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (x, y))
    table = pd.read_parquet(checkout.folder / GAP)
    gap = np.linalg.norm(x.mean(axis=0) - y.mean(axis=0))
    assert table.modality_gap.item() == pytest.approx(gap, abs=1e-6)
    keys = ("rule", "cpus", "memory", "seconds", "gpus")
    assert [[job[key] for key in keys] for job in submitted(checkout)] == [
        ["read_precomputed", 1, 4000, 30 * 60, 0],
        ["measure_gap", 1, 4000, 120 * 60, 0],
        ["plot_gap", 1, 2000, 10 * 60, 0],
        ["plot_gap", 1, 4000, 20 * 60, 0],
    ]


def test_a_job_that_fails_ends_the_run_with_its_log(checkout):
    np.save(checkout.folder / "mine.npy", np.full((2, 40, 8), np.nan, np.float32))
    failed = checkout.run(f"{COMMAND} --retries 0 -- {GAP}")
    assert failed.returncode != 0
    assert "mine.npy" in failed.stdout + failed.stderr
    assert [job["rule"] for job in submitted(checkout)] == ["read_precomputed"]
