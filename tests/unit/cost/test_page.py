import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from conftest import ROOT
from made_up_jobs import job

from modality_gap.cost import stated
from modality_gap.cost.forecast import Machine
from modality_gap.cost.gpus import device_here, gpus_here
from modality_gap.cost.jobs import Plan
from modality_gap.cost.page import finished, host, rounded, size, span
from modality_gap.cost.work import Work

SCRIPTS = ROOT / "scripts"
FACTS = SimpleNamespace(
    config={"study": "x"},
    work=lambda job: Work(job.rule.name, "items", job.wildcards_dict.get("items")),
)


def test_words():
    numbers = (None, 12, 2_500, 3_140_000, 19_336_861_798)
    assert [*map(size, numbers)] == ["size unknown", "12 bytes", "2.5 kB", "3.1 MB", "19 GB"]
    assert [*map(span, (7.4, 120, 6_000, 360_000))] == ["7 s", "2 min", "1.7 h", "100 h"]
    assert [*map(rounded, (0.123, 3.21, 1234.5))] == ["0.12", "3.2", "1,234"]
    assert host("https://a.b/c?d") == "a.b"
    assert host("npm, x@1") == "npm, x@1"


def done(folder, name, seconds, end, items):
    """A job that ended then."""
    file = folder / f"{name}.tsv"
    file.write_text(f"s\tmax_rss\n{seconds}\t1\n")
    os.utime(file, (end, end))
    return job("measure_gap", str(file), items=items)


def test_forecast_and_taken(tmp_path):
    """Two of 10 s and 30 s at once and 20 s after them: 50 s, and as many by a line through them."""
    jobs = [
        done(tmp_path, name, seconds, 1_000 + end, items)
        for name, seconds, end, items in (("a", 10, 10, 1), ("b", 30, 30, 3), ("c", 20, 50, 2))
    ]
    whole = job("all")
    plan = Plan(
        [*jobs, whole], set(), {jobs[0]: [], jobs[1]: [], jobs[2]: jobs[:2], whole: jobs}, None
    )
    head, measured, kinds, alone = finished(plan, FACTS, Machine(2))
    assert head == "x: 3 jobs took 50 s on the clock"
    own = stated.PLANNING + 3 * stated.STARTING
    expected = f"{span(50 + own)}, {own / 50:+.0%}"
    assert measured == f"  forecast by each job's own measured time: {expected}"
    assert kinds == f"  forecast by the measured rates of its kind: {expected}"
    assert alone.startswith("  forecast by stated rates alone: ")


def test_a_study_that_has_not_run_is_told(tmp_path):
    jobs = [done(tmp_path, "a", 1, 1, 1), job("recall", str(tmp_path / "b.tsv"), items=1)]
    plan = Plan(jobs, set(), {one: [] for one in jobs}, None)
    with pytest.raises(ValueError, match=r"b\.tsv: no such file.*1 of 2 jobs were not measured"):
        finished(plan, FACTS, Machine(2))


def test_nothing_heavy_is_imported():
    """But with Snakemake itself, whose plug-in for Slurm needs pandas."""
    heavy = ("numpy", "pandas", "torch", "pyarrow", "open_clip")
    code = "import sys; from modality_gap.cost import disk, gpus, measured, schedule; "
    code += f"print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=SCRIPTS)
    assert done.stdout.strip() == "[]", done.stderr


def test_gpus_are_those_that_the_driver_lists(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (gpus_here(), device_here()) == (0, None)
    program = tmp_path / "nvidia-smi"
    program.write_text("#!/bin/sh\necho 'NVIDIA A100-SXM4-80GB\nNVIDIA A100-SXM4-80GB'\n")
    program.chmod(0o755)
    assert (gpus_here(), device_here()) == (2, "a100")
    program.write_text("#!/bin/sh\necho 'No devices were found'\nexit 6\n")
    assert (gpus_here(), device_here()) == (0, None)
