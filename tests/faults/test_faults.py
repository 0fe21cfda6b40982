"""What may befall a run, one fault at a time: each is told in a line, and the next run makes it good."""

import os
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from faults.conftest import MAKE, SNAKEMAKE, Project, assert_same, kill_group

MEASURED = "trained/pictures/test"
# As `rule all` does, it asks for what a page shows or remarks on, each for itself.
RESULTS = ["corpora/pictures/images.parquet", "training/short/measures.parquet"]
RESULTS += [f"gap/{MEASURED}.parquet", f"retrieval/{MEASURED}.parquet"]
RESULTS += [f"cone/{MEASURED}/statistics.parquet", f"embeddings/{MEASURED}/texts.parquet"]
NOTHING = (".venv/bin/python", "scripts/alone.py", "true")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """As much of the study as has a corpus, trainings, embeddings and measures."""
    targets = [f"results/mine/{file}" for file in RESULTS]
    return Project(tmp_path_factory.mktemp("project"), *targets)


@pytest.fixture
def finished(project, undisturbed):
    """The project with its study finished."""
    project.succeeds()
    assert_same(project.tables(), undisturbed.tables)
    return project


@pytest.fixture
def untouched(project, undisturbed):
    """The project without anything that it made."""
    project.clean()
    return project


def wait_until(condition, run):
    """Wait for something that a run does before it ends."""
    while not condition():
        assert run.poll() is None, "it ended before"
        time.sleep(0.02)


def training(run) -> list[psutil.Process]:
    """The processes of a run's trainings."""
    found = []
    for process in psutil.Process(run.pid).children(recursive=True):
        try:
            words = process.cmdline()
        except psutil.Error:
            continue  # gone
        if words[-1:] and words[-1].endswith(".train.py") and "python" in words[0]:
            found.append(process)
    return found


def snakemake_of(run) -> psutil.Process:
    """The Snakemake that `make run` has become."""
    for process in [whole := psutil.Process(run.pid), *whole.children()]:
        if any(Path(word).name == "snakemake" for word in process.cmdline()[:4]):
            return process
    raise LookupError(run.pid)


def progress(project) -> list[Path]:
    """Checkpoints of trainings under way."""
    return sorted(project.results.glob("training/*/*/progress.pt"))


def test_snakemake_alone_is_killed_and_its_jobs_live_on(untouched, undisturbed):
    run = untouched.start()
    wait_until(lambda: progress(untouched), run)
    jobs = training(run)
    os.kill(snakemake_of(run).pid, signal.SIGKILL)
    run.wait()
    assert jobs
    assert all(job.is_running() for job in jobs)
    said = untouched.succeeds()
    assert "lifted the lock of a run that was killed" in said
    told = said.partition("ended what a killed run had left working: pid ")[2].splitlines()[0]
    assert {job.pid for job in jobs} <= set(map(int, told.split(", ")))
    assert not any(job.is_running() for job in jobs)
    assert_same(untouched.tables(), undisturbed.tables)


def test_a_worker_alone_is_killed(untouched, undisturbed):
    run = untouched.start()
    wait_until(lambda: progress(untouched) and training(run), run)
    training(run)[0].kill()
    assert run.wait() != 0
    said = untouched.said.read_text()
    assert "Error in rule train" in said or "train" in said.partition("RuleException")[2]
    assert not untouched.is_locked()
    assert "lifted" not in untouched.succeeds()
    assert_same(untouched.tables(), undisturbed.tables)


def test_a_second_run_in_one_folder_is_told_so(untouched, undisturbed):
    run = untouched.start()
    wait_until(untouched.is_locked, run)
    told = {
        second: subprocess.run(second, cwd=untouched.folder, capture_output=True, text=True)
        for second in (MAKE, SNAKEMAKE)
    }
    assert all(done.returncode != 0 for done in told.values())
    lines = told[MAKE].stderr.splitlines()
    # Of make, which says its level where another make has begun the tests.
    (line,) = [line for line in lines if not line.startswith("make")]
    assert line.startswith(f"another run (pid {run.pid} on ")
    assert str(untouched.folder.resolve()) in line
    assert "cannot be locked" in told[SNAKEMAKE].stderr
    assert untouched.is_locked()
    assert run.wait() == 0, untouched.said.read_text()
    assert_same(untouched.tables(), undisturbed.tables)


def test_a_run_typed_by_hand_counts_too(untouched):
    """Snakemake itself holds the lock: no `make run` lifts what it has locked."""
    run = untouched.start(*SNAKEMAKE)
    wait_until(lambda: (untouched.folder / ".snakemake/run.lock").is_file(), run)
    done = subprocess.run(MAKE, cwd=untouched.folder, capture_output=True, text=True)
    assert done.returncode != 0
    assert f"another run (pid {run.pid} on " in done.stderr
    kill_group(run)
    assert untouched.is_locked()
    status, said = untouched.run(*NOTHING)
    assert status == 0
    assert "lifted the lock" in said


def test_a_lock_of_another_snakemake_is_not_lifted(untouched):
    """One that knows nothing of our lock, as of another workflow in the same folder."""
    (untouched.folder / "Other").write_text(
        'rule other:\n    output: "other"\n    shell: "sleep 60"\n'
    )
    other = untouched.start(
        ".venv/bin/snakemake", "--cores", "1", "--snakefile", "Other", "--profile", "none"
    )
    try:
        wait_until(untouched.is_locked, other)
        done = subprocess.run(MAKE, cwd=untouched.folder, capture_output=True, text=True)
        assert done.returncode != 0
        assert f"another run (pid {other.pid}) works in" in done.stderr
        assert untouched.is_locked()
    finally:
        kill_group(other)
    assert "lifted the lock" in untouched.run(*NOTHING)[1]


def test_a_lock_of_a_run_on_another_machine_is_not_lifted(untouched):
    run = untouched.start()
    wait_until(untouched.is_locked, run)
    kill_group(run)
    (untouched.folder / ".snakemake/run.lock").write_text("1234 elsewhere\n")
    assert "locks of a run on elsewhere, which may be working" in untouched.fails()
    assert untouched.is_locked()


@contextmanager
def mounted(folder: Path, *options: str):
    """A file system mounted on a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["mount", *options, str(folder)], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_results_can_only_be_read_and_then_the_disk_is_full(untouched, undisturbed):
    results = untouched.folder / "results"

    def remount(options):
        subprocess.run(["mount", "-o", f"remount,{options}", str(results)], check=True)

    with mounted(results, "-t", "tmpfs", "-o", "ro,size=1m", "tmpfs"):
        said = untouched.fails()
        assert "Read-only file system: 'results/mine" in said
        assert "Traceback" not in said
        remount("rw,size=1m")
        assert "the disk of results/mine/" in untouched.fails()
        for file in untouched.results.rglob("*.parquet"):
            assert file.read_bytes()[-4:] == b"PAR1", file
        remount("rw,size=100m")
        untouched.succeeds()
        assert_same(untouched.tables(), undisturbed.tables)


def test_finished_results_that_can_only_be_read_are_finished(finished):
    results = finished.folder / "results"
    subprocess.run(["mount", "--bind", str(results), str(results)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(results)], check=True)
        assert "Nothing to be done" in finished.succeeds()
    finally:
        subprocess.run(["umount", str(results)], check=True)


def alter(file: Path) -> None:
    """Change a few bytes in the middle of a file."""
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 16] = bytes(255 - byte for byte in content[middle : middle + 16])
    file.write_bytes(content)


def test_a_table_that_was_cut_is_named_and_made_anew(finished, undisturbed):
    cut = finished.results / "corpora/pictures/images.parquet"
    os.truncate(cut, cut.stat().st_size // 2)
    said = finished.fails()
    assert f"{cut.relative_to(finished.folder)}: damaged since it was made" in said
    assert "Traceback" not in said
    cut.unlink()
    finished.succeeds()
    assert_same(finished.tables(), undisturbed.tables)


def test_damaged_weights_are_named_and_made_anew(finished, undisturbed):
    alter(finished.results / "training/short/0/final.pt")
    said = finished.fails()
    assert "results/mine/training/short/0/final.pt: damaged since it was made" in said
    (finished.results / "training/short/0/final.pt").unlink()
    finished.succeeds()
    assert_same(finished.tables(), undisturbed.tables)


def test_a_damaged_checkpoint_is_named_and_not_used(untouched, undisturbed):
    run = untouched.start()
    wait_until(lambda: progress(untouched), run)
    kill_group(run)
    (checkpoint, *_) = progress(untouched)
    alter(checkpoint)
    said = untouched.succeeds()
    name = checkpoint.relative_to(untouched.folder)
    assert f"{name}: damaged (" in said
    assert "training begins anew" in said
    assert_same(untouched.tables(), undisturbed.tables)
