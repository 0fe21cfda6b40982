"""A Slurm of two nodes on this machine, in a network of its own that leads nowhere."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

PACKAGES = ("slurmctld", "slurmd", "slurm-client", "munge", "iproute2")
COMMANDS = ("slurmctld", "slurmd", "sbatch", "munged", "mungekey", "ip", "nsenter", "unshare")
NODES = ("node1", "node2")
# What a node says it has; no job of the tests needs that much at once.
CPUS, MEMORY = 8, 24000
# Slurm starts in no network that has 127.0.0.1 alone: a wire whose two ends are here.
NETWORK = (
    "ip link set lo up && ip link add end1 type veth peer name end2 && "
    "ip address add 192.0.2.1/32 dev end1 && ip link set end1 up"
)


def install() -> None:
    """Install Slurm from Debian's packages, where it is not there.

    Raises RuntimeError, naming what is missing, where it cannot be.
    """
    missing = [name for name in COMMANDS if shutil.which(name) is None]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]):
            subprocess.run(["apt-get", "--quiet", *command], env=quiet, check=False)
        missing = [name for name in COMMANDS if shutil.which(name) is None]
    if missing:
        raise RuntimeError(
            f"no Slurm to test with: {', '.join(missing)} not found, expected Debian's packages "
            f"{', '.join(PACKAGES)} (as root, they are installed from here)"
        )
    if os.geteuid() != 0:
        raise RuntimeError("no Slurm to test with: expected root, who may start its daemons")


class Cluster:
    """Daemons of a Slurm cluster; all they write lies in a folder.

    Its network is one of its own, with 127.0.0.1 alone: no job finds any other machine. Memory is
    enforced once a second, and a GPU is only counted: `CUDA_VISIBLE_DEVICES` names it.
    """

    def __init__(self, folder: Path):
        self.folder, self.daemons, self.nodes = folder, [], {}
        self.scratch = folder / "scratch"  # another one on each node
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        self.environment = {**os.environ, "PATH": path, "NO_COLOR": "1"}
        for name in ("etc", "ctld", "munge", "scratch", *NODES):
            (folder / name).mkdir(parents=True)
        (folder / "munge").chmod(0o755)

    def __enter__(self):
        try:
            self.begin()
        except BaseException:
            self.__exit__()
            raise
        return self

    def begin(self) -> None:
        """Start the daemons; returns when both nodes take jobs."""
        self.write_settings()
        # What runs in here ends with `cat`, and that with us: nothing is left behind.
        held = f"{NETWORK} && mount --bind {self.folder}/etc /etc/slurm && echo up && exec cat"
        own = ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "sh", "-c", held]
        self.machine = subprocess.Popen(own, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        if self.machine.stdout.readline() != b"up\n":
            raise RuntimeError("no Slurm to test with: no network of its own can be made here")
        self.first = child_of(self.machine.pid)
        key, munge = self.folder / "munge/key", self.folder / "munge"
        subprocess.run(["mungekey", "--create", "--keyfile", key], check=True)
        where = {"socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
        files = [f"--{option}={munge / name}" for option, name in where.items()]
        self.start("munged", ["munged", "--foreground", "--force", f"--key-file={key}", *files])
        self.until(lambda: (munge / "socket").exists(), "munged answers")
        self.start("slurmctld", ["slurmctld", "-D", "-i"])
        for node in NODES:
            self.start_node(node)
        self.until(lambda: self.states() == dict.fromkeys(NODES, "idle"), "both nodes are idle")

    def __exit__(self, *error):
        self.machine.stdin.close()
        for process in (self.machine, *self.daemons):
            process.wait(timeout=20)

    def write_settings(self) -> None:
        """slurm.conf and gres.conf."""
        name, folder = socket.gethostname(), self.folder
        settings = {
            "ClusterName": "tests",
            "SlurmctldHost": f"{name}(127.0.0.1)",
            "SlurmUser": "root",
            "SlurmdUser": "root",
            "AuthType": "auth/munge",
            # A lost job waits as long as a credential lives before it runs again, else two minutes.
            "AuthInfo": f"socket={folder}/munge/socket,cred_expire=30",
            "StateSaveLocation": f"{folder}/ctld",
            "SlurmdSpoolDir": f"{folder}/%n",
            "SlurmctldPidFile": f"{folder}/ctld/pid",
            "SlurmdPidFile": f"{folder}/%n/pid",
            "SlurmctldLogFile": f"{folder}/ctld/log",
            "SlurmdLogFile": f"{folder}/%n/log",
            "ProctrackType": "proctrack/linuxproc",
            "TaskPlugin": "task/none",
            "SelectType": "select/cons_tres",
            "SelectTypeParameters": "CR_CPU_Memory",
            "JobAcctGatherType": "jobacct_gather/linux",
            "JobAcctGatherFrequency": "task=1",
            "JobAcctGatherParams": "OverMemoryKill",
            "AccountingStorageType": "accounting_storage/none",
            "GresTypes": "gpu",
            "MinJobAge": 3600,
            "KillWait": 2,
            "SlurmdTimeout": 10,
            "ReturnToService": 2,
            "SlurmdParameters": "config_overrides",
        }
        lines = [f"{key}={value}" for key, value in settings.items()]
        for number, node in enumerate(NODES):
            lines.append(
                f"NodeName={node} NodeHostname={name} NodeAddr=127.0.0.1 Port={6820 + number} "
                f"CPUs={CPUS} RealMemory={MEMORY} Gres=gpu:1"
            )
        lines.append(f"PartitionName=main Nodes={','.join(NODES)} Default=YES State=UP")
        (folder / "etc/slurm.conf").write_text("\n".join(lines) + "\n")
        (folder / "etc/gres.conf").write_text("Name=gpu Count=1 File=/dev/null\n")

    def start(self, name: str, command: Sequence) -> subprocess.Popen:
        """Start a daemon."""
        with (self.folder / f"{name}.out").open("a") as out:
            process = subprocess.Popen(
                [*self.inside(), *command],
                env=self.environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        self.daemons.append(process)
        return process

    def inside(self) -> list[str]:
        """What has a command run in the cluster's network, with its settings in /etc/slurm."""
        return ["nsenter", f"--target={self.first}", "--net", "--mount", "--pid"]

    def start_node(self, node: str) -> None:
        """Start the slurmd of a node, in a process space with which all its jobs end."""
        own = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
        held = f"mount -t tmpfs {node} {self.scratch} && slurmd -D -N {node} & wait"
        self.nodes[node] = self.start(node, [*own, "sh", "-c", held])

    def kill_node(self, node: str) -> None:
        """What a power cut does: a node's slurmd and every job on it are gone at once."""
        os.kill(child_of(self.nodes[node].pid), signal.SIGKILL)
        self.nodes[node].wait()

    def run(
        self, command: Sequence, folder: Path | None = None, check: bool = True
    ) -> subprocess.CompletedProcess:
        """Run a command in a folder, in the cluster's network, as on its login node."""
        running = self.begin_to_run(command, folder)
        out, errors = running.communicate()
        done = subprocess.CompletedProcess(command, running.returncode, out, errors)
        if check:
            done.check_returncode()
        return done

    def begin_to_run(self, command: Sequence, folder: Path | None = None) -> subprocess.Popen:
        """The same, and go on while it runs; `child_of` it is the command's own process."""
        return subprocess.Popen(
            [*self.inside(), f"--wdns={folder or self.folder}", *command],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def states(self) -> dict[str, str]:
        """The state of each node, as `sinfo` says."""
        told = self.run(["sinfo", "--noheader", "--Node", "--format=%N %T"], check=False).stdout
        return dict(line.split() for line in told.splitlines())

    def until(self, condition, what: str, seconds: float = 60) -> None:
        """Wait for something; TimeoutError, naming it, where it does not come."""
        last = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > last:
                raise TimeoutError(f"not within {seconds:g} s: {what}; logs are in {self.folder}")
            time.sleep(0.2)

    def jobs(self) -> list[dict]:
        """Every job in the words of `scontrol`, in its order.

        Added are `rule`, `memory` in MB, `minutes` that it may run, `gpus` that it was granted, and
        `start` and `end`.
        """
        told = self.run(["scontrol", "--oneliner", "--details", "show", "jobs"]).stdout
        jobs = [
            dict(part.split("=", 1) for part in line.split() if "=" in part)
            for line in told.splitlines()
            if line.startswith("JobId=")
        ]
        for job in jobs:
            days, _, clock = job["TimeLimit"].rpartition("-")
            hours, minutes, _ = map(int, clock.split(":"))
            granted = dict(part.rsplit("=", 1) for part in job["TRES"].split(","))
            job["rule"] = job["Comment"].removeprefix("rule_").partition("_wildcards_")[0]
            job["memory"] = megabytes(granted["mem"])
            job["minutes"] = (24 * int(days or 0) + hours) * 60 + minutes
            job["gpus"] = int(
                job.get("JOB_GRES", "(null)").removeprefix("gpu:").replace("(null)", "0")
            )
            job["start"], job["end"] = job["StartTime"], job["EndTime"]
        return sorted(jobs, key=lambda job: int(job["JobId"]))

    def running(self, rule: str) -> list[dict]:
        """The jobs of a rule that run now."""
        jobs = self.jobs()
        return [job for job in jobs if (job["rule"], job["JobState"]) == (rule, "RUNNING")]


def megabytes(told: str) -> float:
    """Slurm's words for an amount of memory."""
    return float(told[:-1]) * {"M": 1, "G": 1024}[told[-1]]


def child_of(process: int) -> int:
    """The process that another one started, which is its only one."""
    return int(Path(f"/proc/{process}/task/{process}/children").read_text())
