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

# As `rule all` does, it asks for what a page shows or remarks on, each for itself.
RESULTS = ["summary.csv", "training/short/measures.parquet", "corpora/pictures/images.parquet"]
for ENCODER in ("random", "trained"):
    MEASURED = f"{ENCODER}/pictures/test"
    RESULTS += [f"gap/{MEASURED}.parquet", f"retrieval/{MEASURED}.parquet"]
    RESULTS += [f"cone/{MEASURED}/statistics.parquet", f"embeddings/{MEASURED}/texts.parquet"]


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


@pytest.mark.parametrize("second", [MAKE, SNAKEMAKE])
def test_a_second_run_in_one_folder_is_told_so(untouched, undisturbed, second):
    run = untouched.start()
    wait_until(untouched.is_locked, run)
    done = subprocess.run(second, cwd=untouched.folder, capture_output=True, text=True)
    assert done.returncode != 0
    if second == MAKE:
        pid = snakemake_of(run).pid
        lines = [line for line in done.stderr.splitlines() if not line.startswith("make: ")]
        (line,) = lines
        assert line.startswith(f"another run (pid {pid} on ")
        assert str(untouched.folder.resolve()) in line
    else:
        assert "cannot be locked" in done.stderr
    assert untouched.is_locked()
    assert run.wait() == 0, untouched.said.read_text()
    assert_same(untouched.tables(), undisturbed.tables)


def test_a_run_typed_by_hand_counts_too(untouched, undisturbed):
    """Snakemake itself holds the lock: no `make run` lifts what it has locked."""
    run = untouched.start(*SNAKEMAKE)
    wait_until(lambda: (untouched.folder / ".snakemake/run.lock").is_file(), run)
    done = subprocess.run(MAKE, cwd=untouched.folder, capture_output=True, text=True)
    assert done.returncode != 0
    assert f"another run (pid {run.pid} on " in done.stderr
    kill_group(run)
    assert untouched.is_locked()
    assert "lifted the lock" in untouched.succeeds()
    assert_same(untouched.tables(), undisturbed.tables)


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
    assert "lifted the lock" in untouched.succeeds()


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


def test_the_disk_is_full(untouched, undisturbed):
    """Of results, logs and Snakemake's own records; then there is room again."""
    with mounted(untouched.folder / "results", "-t", "tmpfs", "-o", "size=1m", "tmpfs"):
        said = untouched.fails()
        assert "the disk of results/mine/" in said
        for file in untouched.results.rglob("*.parquet"):
            name = str(file.relative_to(untouched.results))
            assert file.read_bytes()[-4:] == b"PAR1", name
        grown = ["mount", "-o", "remount,size=100m", str(untouched.folder / "results")]
        subprocess.run(grown, check=True)
        untouched.succeeds()
        assert_same(untouched.tables(), undisturbed.tables)


def test_results_can_only_be_read(untouched, undisturbed):
    with mounted(untouched.folder / "results", "-t", "tmpfs", "-o", "ro", "tmpfs"):
        said = untouched.fails()
        assert "Read-only file system: 'results/mine" in said
        assert "Traceback" not in said
        subprocess.run(["mount", "-o", "remount,rw", str(untouched.folder / "results")], check=True)
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


EMBEDDED = "embeddings/random/pictures/test/images.parquet"


def cut(file: Path) -> None:
    """Take the second half of a file away."""
    os.truncate(file, file.stat().st_size // 2)


def alter(file: Path) -> None:
    """Change a few bytes in the middle of a file."""
    content = bytearray(file.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 16] = bytes(255 - byte for byte in content[middle : middle + 16])
    file.write_bytes(content)


@pytest.mark.parametrize("path", [EMBEDDED, "corpora/pictures/images.parquet"])
def test_a_table_that_was_cut_is_named_and_made_anew(finished, undisturbed, path):
    cut(finished.results / path)
    said = finished.fails()
    assert f"results/mine/{path}: damaged since it was made" in said
    assert "Traceback" not in said
    (finished.results / path).unlink()
    finished.succeeds()
    assert_same(finished.tables(), undisturbed.tables)


@pytest.mark.parametrize("damage", [cut, alter])
def test_damaged_weights_are_named_and_made_anew(finished, undisturbed, damage):
    damage(finished.results / "training/short/0/final.pt")
    said = finished.fails()
    assert "results/mine/training/short/0/final.pt: damaged since it was made" in said
    (finished.results / "training/short/0/final.pt").unlink()
    finished.succeeds()
    assert_same(finished.tables(), undisturbed.tables)


@pytest.mark.parametrize("damage", [cut, alter])
def test_a_damaged_checkpoint_is_named_and_not_used(untouched, undisturbed, damage):
    run = untouched.start()
    wait_until(lambda: progress(untouched), run)
    kill_group(run)
    (checkpoint, *_) = progress(untouched)
    damage(checkpoint)
    said = untouched.succeeds()
    name = checkpoint.relative_to(untouched.folder)
    assert f"{name}: damaged (" in said
    assert "training begins anew" in said
    assert_same(untouched.tables(), undisturbed.tables)
