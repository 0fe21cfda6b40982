"""One run in a folder: who holds it, and what is done about one that was killed."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from conftest import ROOT

ALONE = str(ROOT / "scripts/alone.py")
SLEEP = "import time; print('begun', flush=True); time.sleep(60)"
# As Snakemake: locks the folder, starts a job, and waits for it.
LOCKING = """
import pathlib, subprocess, sys
pathlib.Path(".snakemake/locks").mkdir(exist_ok=True)
pathlib.Path(".snakemake/locks/0.input.lock").write_text("x")
job = subprocess.Popen(["sleep", "60"])
print(job.pid, flush=True)
job.wait()
"""


@pytest.fixture
def begin(tmp_path):
    """Begins Python as the only run in a folder; all of them are killed in the end."""
    begun = []

    def start(code, wait=True):
        begun.append(
            subprocess.Popen(
                [sys.executable, ALONE, sys.executable, "-c", code],
                cwd=tmp_path,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        )
        return begun[-1], begun[-1].stdout.readline().strip() if wait else ""

    yield start
    for process in begun:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            assert process.poll() is not None
        process.communicate()


def lock(tmp_path):
    return tmp_path / ".snakemake/locks/0.input.lock"


def is_alive(pid):
    return os.path.exists(f"/proc/{pid}") and "Z" not in open(f"/proc/{pid}/stat").read().split()[2]


def test_a_second_run_is_told_who_works_there(begin, tmp_path):
    first, _ = begin(SLEEP)
    second, _ = begin(SLEEP)
    said = second.stderr.read()
    assert second.wait() == 1
    where = f"{first.pid} on {socket.gethostname()}"
    assert said == (
        f"another run (pid {where}) works in {tmp_path.resolve()}: wait for its end, or end it\n"
    )


def test_the_command_keeps_its_exit_status_and_the_folder_is_free_again(begin):
    for status in (3, 0):
        run, _ = begin(f"import sys; sys.exit({status})")
        assert run.wait() == status
        assert run.stderr.read() == ""


def test_a_killed_runs_lock_is_lifted_and_no_other(begin, tmp_path):
    killed, _ = begin(LOCKING)
    second, _ = begin(SLEEP)
    assert second.wait() == 1
    assert lock(tmp_path).is_file()
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    third, said = begin(SLEEP)
    assert said == "begun"
    assert not lock(tmp_path).exists()
    third.kill()
    assert f"{tmp_path.resolve()}: lifted the lock of a run that was" in third.stderr.read()


def test_what_a_killed_run_left_working_is_ended_first(begin, tmp_path):
    killed, job = begin(LOCKING)
    killed.kill()
    killed.wait()
    assert is_alive(job)
    _, said = begin("print('begun', flush=True)")
    assert said == "begun"
    assert not is_alive(job)


def test_a_job_of_a_run_in_another_folder_is_left_alone(begin, tmp_path):
    _, job = begin(LOCKING)
    (tmp_path / "other").mkdir()
    command = [sys.executable, ALONE, sys.executable, "-c", "print('begun')"]
    done = subprocess.run(command, cwd=tmp_path / "other", capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "begun\n", "")
    assert is_alive(job)


def test_a_slurm_job_that_was_submitted_is_left_alone(begin, tmp_path):
    """It has the environment of the run, and ends when Slurm ends it."""
    code = "import os, subprocess; os.environ['SLURM_JOB_ID'] = '7'; job = subprocess.Popen(['sleep', '60']); print(job.pid, flush=True)"
    killed, job = begin(code)
    killed.wait()
    _, said = begin("print('begun', flush=True)")
    assert said == "begun"
    assert is_alive(job)


def test_locks_of_a_run_on_another_machine_stay(begin, tmp_path):
    killed, _ = begin(LOCKING)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    (tmp_path / ".snakemake/run.lock").write_text("17 elsewhere\n")
    run, _ = begin(SLEEP)
    assert run.wait() == 1
    assert "locks of a run on elsewhere, which may be working" in run.stderr.read()
    assert lock(tmp_path).is_file()


def test_locks_of_a_snakemake_that_knows_nothing_of_this_stay(begin, tmp_path):
    lock(tmp_path).parent.mkdir(parents=True)
    lock(tmp_path).write_text("x")
    (tmp_path / "snakemake").write_text(SLEEP)
    other = subprocess.Popen([sys.executable, "snakemake"], cwd=tmp_path, stdout=subprocess.PIPE)
    try:
        other.stdout.readline()
        run, _ = begin(SLEEP)
        assert run.wait() == 1
        assert f"another run (pid {other.pid}) works in" in run.stderr.read()
        assert lock(tmp_path).is_file()
    finally:
        other.kill()
        other.communicate()
    run, said = begin(SLEEP)
    assert said == "begun"
    assert not lock(tmp_path).exists()


def test_a_run_that_begins_while_another_does_is_refused_not_both(begin):
    runs = [begin(SLEEP, wait=False)[0] for _ in range(4)]
    deadline = time.monotonic() + 60
    while sum(run.poll() is None for run in runs) > 1 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert sorted(run.poll() is None for run in runs) == [False, False, False, True]
