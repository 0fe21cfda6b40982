"""A scheduler that stands in for PBS: python stand_in_scheduler.py qsub|qstat OPTIONS.

Jobs run at once, on this machine. One that takes more memory or time than it asked for is killed,
with all that it started, and leaves no word. What was submitted is kept in $SCHEDULER/jobs.jsonl.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import psutil

HOME = Path(os.environ["SCHEDULER"])


def submit(arguments: list[str]) -> None:
    """Start a job with a guard of its own; print its ID."""
    own, command = arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 :]
    parser = argparse.ArgumentParser()
    parser.add_argument("-N", dest="name", required=True)
    parser.add_argument("-l", dest="asked", action="append", required=True)
    for option in ("-V", "-j", "-o"):
        parser.add_argument(option, **({"action": "store_true"} if option == "-V" else {}))
    options = parser.parse_args(own)
    chunk, time_limit = options.asked
    found = re.fullmatch(r"select=1:ncpus=(\d+):mem=(\d+)mb:ngpus=(\d+)", chunk)
    seconds = int(re.fullmatch(r"walltime=(\d+)", time_limit)[1])
    job = {"id": f"{uuid.uuid4().hex[:8]}.here", "rule": options.name, "seconds": seconds}
    job |= dict(zip(("cpus", "memory", "gpus"), map(int, found.groups()), strict=True))
    with (HOME / "jobs.jsonl").open("a") as file:
        file.write(json.dumps(job) + "\n")
    (HOME / job["id"]).touch()
    with (HOME / f"{job['id']}.out").open("w") as out:
        subprocess.Popen(
            [sys.executable, __file__, "guard", json.dumps(job), *command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    print(job["id"])


def guard(job: dict, command: list[str]) -> None:
    """Run a job, and kill it where it takes more than it asked for."""
    last = time.monotonic() + job["seconds"]
    running = subprocess.Popen(
        command, env={**os.environ, "PBS_JOBID": job["id"]}, start_new_session=True
    )
    while running.poll() is None:
        if time.monotonic() > last or memory_of(running.pid) > job["memory"] * 1e6:
            print("killed: more than it asked for")
            os.killpg(running.pid, signal.SIGKILL)
        time.sleep(0.3)
    (HOME / job["id"]).unlink()


def memory_of(process: int) -> int:
    """Bytes that a process and all that it started hold."""
    try:
        top = psutil.Process(process)
        family = [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    held = 0
    for one in family:
        try:
            held += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return held


if __name__ == "__main__":
    asked, *arguments = sys.argv[1:]
    if asked == "qsub":
        submit(arguments)
    elif asked == "qstat":
        sys.exit(0 if (HOME / arguments[0]).exists() else 1)
    elif asked == "guard":
        guard(json.loads(arguments[0]), arguments[1:])
    else:
        sys.exit(f"{asked}: expected qsub or qstat")
