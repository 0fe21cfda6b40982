"""A study on Slurm, from the login node to its report, by the commands of docs/cluster.md.

On its way, jobs fail and are killed for memory and for time, Snakemake is killed, and a node dies.
"""

import os
import re
import signal
import socket
from itertools import pairwise
from types import SimpleNamespace

import pandas as pd
import pytest
from conftest import ROOT

from cluster.slurm import child_of

WAIT = 300  # seconds for something that takes half a minute on an idle machine
DOWNLOAD, STUDY, CANCEL_AND_UNLOCK = re.findall(
    r"```sh\n(.*?)\n```", (ROOT / "docs/cluster.md").read_text(), re.DOTALL
)[:3]
# What makes a job of each script go wrong, after its work.
TROUBLE = {
    "prepare_images": (
        "from pathlib import Path\n\n"
        "with job(snakemake):\n    if Path('broken').exists():\n"
        "        raise ValueError('broken on purpose')"
    ),
    "read_emoji": (
        "import tempfile\nimport time\n\n"
        'Path("scratch.txt").write_text(tempfile.gettempdir())\n'
        'hog = b"1" * 2_700_000_000\ntime.sleep(5)'
    ),
    "plot_trajectories": (
        "import time\nfrom pathlib import Path\n\n"
        'if not Path("slow").exists():\n    Path("slow").touch()\n    time.sleep(300)'
    ),
}


@pytest.fixture(scope="module")
def story(checkout, cluster):
    """What happened to a study on its way to the report: what each run printed, by its name."""
    for script, lines in TROUBLE.items():
        checkout.append(script, lines)
    (checkout.folder / "broken").touch()
    told = {"download": checkout.succeeds(DOWNLOAD)}

    failed = checkout.run(STUDY)
    told["failed"] = failed.stdout + failed.stderr
    assert failed.returncode != 0
    (checkout.folder / "broken").unlink()

    progress = checkout.folder / "results/small/training"
    running = cluster.begin_to_run(["bash", "-c", STUDY], checkout.folder)
    cluster.until(lambda: list(progress.glob("*/0/progress.pt")), "training keeps progress", WAIT)
    os.kill(child_of(running.pid), signal.SIGKILL)
    told["killed"] = "".join(running.communicate())
    kept = [file.parent.parent.name for file in progress.glob("*/0/progress.pt")]
    run_id = re.search(r"SLURM run ID: (\S+)", told["killed"])[1]
    told["unlock"] = checkout.succeeds(CANCEL_AND_UNLOCK.replace("RUN_ID", run_id))

    running = cluster.begin_to_run(["bash", "-c", STUDY], checkout.folder)
    cluster.until(lambda: cluster.running("train"), "a job trains", WAIT)
    lost = cluster.running("train")[0]
    cluster.kill_node(lost["NodeList"])
    cluster.until(lambda: cluster.states()[lost["NodeList"]].startswith("down"), "a node is down")
    cluster.start_node(lost["NodeList"])
    cluster.until(lambda: cluster.running("plot_trajectories"), "a job is slow", WAIT)
    slow = cluster.running("plot_trajectories")[0]
    cluster.run(["scontrol", "update", f"JobId={slow['JobId']}", "TimeLimit=0:01"])
    told["finished"] = "".join(running.communicate())
    assert running.returncode == 0, told["finished"]
    return SimpleNamespace(told=told, jobs=cluster.jobs(), lost=lost, kept=kept, slow=slow)


def attempts(story, rule: str) -> list[dict]:
    """The jobs of a rule that has one job, in their order."""
    return [job for job in story.jobs if job["rule"] == rule]


def test_it_ends_in_its_report(story, checkout):
    assert (checkout.folder / "results/small/report.html").stat().st_size > 100_000
    again = checkout.succeeds(f"{STUDY} --dry-run")
    assert "Nothing to be done" in again


def test_a_job_that_fails_is_tried_twice_more_and_the_same_command_goes_on(story):
    own = attempts(story, "prepare_images")
    assert [job["JobState"] for job in own] == ["FAILED"] * 3 + ["COMPLETED"]
    assert [job["memory"] for job in own] == [4000, 8000, 12000, 4000]
    assert [job["minutes"] for job in own] == [60, 120, 180, 60]
    assert "broken on purpose" in story.told["failed"]


def test_a_job_that_is_killed_for_memory_gets_more(story, checkout):
    own = attempts(story, "read_emoji")
    assert [job["JobState"] for job in own] == ["FAILED", "COMPLETED"]
    assert [job["memory"] for job in own] == [2000, 4000]
    logs = list((checkout.folder / ".snakemake/slurm_logs").rglob(f"{own[0]['JobId']}.log"))
    assert "exceeded memory limit" in logs[0].read_text()


def test_a_job_that_is_killed_for_time_gets_more(story):
    killed, done = attempts(story, "plot_trajectories")
    assert [killed["JobState"], done["JobState"]] == ["TIMEOUT", "COMPLETED"]
    assert story.slow["minutes"] == 10
    assert done["minutes"] == 20


def test_jobs_of_a_node_that_dies_run_on_another_to_the_same_numbers(story, checkout):
    again = next(job for job in story.jobs if job["JobId"] == story.lost["JobId"])
    assert again["JobState"] == "COMPLETED"
    assert int(again["Restarts"]) == 1
    assert story.kept, "Snakemake was killed before a training kept progress"
    # Undisturbed, the same run comes to the same numbers.
    run = re.match(r"rule_train_wildcards_(\w+)_0$", story.lost["Comment"])[1]
    table = f"results/small/training/{run}/0/trajectory.csv"
    found = pd.read_csv(checkout.folder / table)
    checkout.succeeds(f"snakemake --cores 8 --configfile config/mine.yaml --force -- {table}")
    undisturbed = pd.read_csv(checkout.folder / table)
    pd.testing.assert_frame_equal(
        found.drop(columns="seconds"), undisturbed.drop(columns="seconds")
    )


def asked(rule: str, resource: str) -> int:
    """What a rule's file says that it asks for."""
    texts = [file.read_text() for file in (ROOT / "workflow/rules").glob("*.smk")]
    own = re.search(rf"^ *rule {rule}:(.*?)^ +script:", "".join(texts), re.M | re.S)[1]
    return int(re.search(rf"{resource}=growing\((\d+)\)", own)[1])


def test_each_job_got_what_its_rule_asks_for(story):
    on_gpu = {"train", "embed", "first_steps"}
    first = {}
    for job in story.jobs:
        first.setdefault(job["Comment"], job)
    assert len(first) > 25
    for job in first.values():
        assert job["memory"] == asked(job["rule"], "mem_mb"), job
        if job["JobState"] != "TIMEOUT":
            assert job["minutes"] == asked(job["rule"], "runtime"), job
        assert job["gpus"] == (job["rule"] in on_gpu), job
        assert int(job["NumCPUs"]) == (8 if job["rule"] in ("train", "embed") else 1), job
    assert on_gpu <= {job["rule"] for job in first.values()}


def test_a_gpu_has_one_job_at_a_time(story):
    on_gpu = [job for job in story.jobs if job["gpus"]]
    for node in ("node1", "node2"):
        own = sorted((job["start"], job["end"]) for job in on_gpu if job["NodeList"] == node)
        assert len(own) > 3, "no job on this node: nothing was tested"
        for (_, end), (start, _) in pairwise(own):
            assert end <= start


def test_its_jobs_had_no_network(cluster):
    code = "import socket; socket.create_connection(('198.51.100.1', 80), 1)"
    tried = cluster.run(["python", "-c", code], check=False)
    assert "Network is unreachable" in tried.stderr
    names = cluster.run(["ip", "-o", "link"]).stdout
    outside = {name for _, name in socket.if_nameindex()} - {"lo"}
    assert not outside & {*re.findall(r"^\d+: ([\w.]+)", names, re.M)}


def test_temporary_files_lie_on_the_nodes_own_disk(story, checkout, cluster):
    told = (checkout.folder / "scratch.txt").read_text()
    assert told == str(cluster.scratch)
    # Each node has another disk there, and the login node none.
    assert not list(cluster.scratch.iterdir())
