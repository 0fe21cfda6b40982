"""Run a command as the only run in a folder, and go on where one was killed: python scripts/alone.py COMMAND.

A run holds a file lock for its life, which the kernel frees when it dies, however it dies. What a dead
one left is taken away before the next begins: its jobs that live on, and Snakemake's own lock.
"""

import fcntl
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

LOCK = Path(".snakemake/run.lock")
# In the environment of a run and of all that it starts: the path of its lock.
MARK = "MODALITY_GAP_RUN"
# Slurm's jobs outlive the run that submitted them, and Slurm alone ends them.
CLUSTER = "SLURM_JOB_ID"
CALLED = 4  # so many words of a command say which program it is
PATIENCE = 60  # seconds for killed processes to be gone


def hold(folder: Path = Path(), lift: bool = False) -> None:
    """Let this process be the only run in a folder until it ends; end what a dead one left working.

    The lock outlives an `exec`, is not inherited by Snakemake's jobs, and is held once by a process
    that asks twice. lift: take away Snakemake's own lock, too, which a dead run has left. What is
    done is said on the terminal. Raises ValueError with one line where another run works there, or
    may, on another machine.
    """
    file = folder.resolve() / LOCK
    os.environ[MARK] = str(file)
    file.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
    pid, host = holder(file)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        if (pid, host) == (str(os.getpid()), socket.gethostname()):
            return
        raise ValueError(another(f"{pid} on {host}", folder)) from None
    except OSError as error:
        os.close(lock)
        say(f"{file}: no file locks here ({error.strerror}): two runs at once are not noticed")
        return
    end(folder)
    if lift:
        lift_locks(folder, host)
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()} {socket.gethostname()}\n".encode(), 0)
    os.set_inheritable(lock, True)


def say(line: str) -> None:
    """A line on the terminal."""
    print(line, file=sys.stderr, flush=True)


def holder(file: Path) -> tuple[str, str]:
    """Process and machine of the last run that held a lock; empty where there was none."""
    pid, _, host = file.read_text().strip().partition(" ")
    return pid, host


def another(pid: str, folder: Path) -> str:
    """That a folder is taken."""
    return f"another run (pid {pid}) works in {folder.resolve()}: wait for its end, or end it"


def lift_locks(folder: Path, host: str) -> None:
    """Take away Snakemake's locks of a dead run; host: the machine that it ran on."""
    locks = sorted((folder / ".snakemake/locks").glob("*.lock"))
    if not locks:
        return
    if host not in ("", socket.gethostname()):
        raise ValueError(
            f"{locks[0].parent.resolve()}: locks of a run on {host}, which may be working: where it "
            "is not, `snakemake --unlock` takes them away"
        )
    for process in others():
        if is_snakemake(process, folder):
            raise ValueError(another(f"{process.pid}", folder))
    for file in locks:
        file.unlink()
    say(f"{folder.resolve()}: lifted the lock of a run that was killed")


def others() -> Iterator[psutil.Process]:
    """Every process but this one and those that started it."""
    own = {os.getpid(), *(process.pid for process in psutil.Process().parents())}
    return (process for process in psutil.process_iter() if process.pid not in own)


def is_snakemake(process: psutil.Process, folder: Path) -> bool:
    """Whether a process is a Snakemake that works in a folder, of whatever workflow."""
    try:
        called = {Path(part).name for part in process.cmdline()[:CALLED]}
        return "snakemake" in called and Path(process.cwd()) == folder.resolve()
    except psutil.Error:
        return False  # of another user, or gone


def left_behind(folder: Path) -> list[psutil.Process]:
    """Processes of dead runs in a folder that live on."""
    mark, job = str(folder.resolve() / LOCK), os.environ.get(CLUSTER)

    def is_left(process: psutil.Process) -> bool:
        try:
            own = process.environ()
        except psutil.Error:
            return False  # of another user, or gone
        return own.get(MARK) == mark and own.get(CLUSTER) == job

    return [process for process in others() if is_left(process)]


def end(folder: Path) -> None:
    """End what dead runs have left working, until nothing is left.

    What they wrote is not whole, and Snakemake makes it anew.
    """
    ended, deadline = set(), time.monotonic() + PATIENCE
    while left := left_behind(folder):
        ended |= {process.pid for process in left}
        pids = ", ".join(map(str, sorted(ended)))
        if time.monotonic() > deadline:
            raise ValueError(f"pid {pids}: left by a killed run, and cannot be ended")
        for process in left:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        time.sleep(0.05)
    if ended:
        say(f"ended what a killed run had left working: pid {pids}")


def main(command: list[str]) -> int:
    """Become the command, as the only run in this folder; 1 where that cannot be."""
    try:
        hold(lift=True)
    except (ValueError, OSError) as error:
        say(str(error))
        return 1
    os.execvp(command[0], command)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
