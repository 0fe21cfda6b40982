"""GPUs of a pretended number: each is one job's at a time, and free when that has ended."""

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from itertools import pairwise
from types import SimpleNamespace

import pytest
import torch
from conftest import ROOT

from modality_gap import devices
from modality_gap.devices import choose_device, choose_devices, take

TAKE = """
import sys, time
from modality_gap.devices import take
names, wanted, seconds = sys.argv[1].split(","), int(sys.argv[2]), float(sys.argv[3])
chosen, locks = take(names, wanted)
print(*chosen, time.monotonic(), flush=True)
time.sleep(seconds)
print(time.monotonic(), flush=True)
"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    """Locks of no other test or run."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(devices, "HELD", [])
    yield
    for locks in devices.HELD:
        locks.close()


@pytest.fixture
def taker():
    """Begins a process that takes some of several GPUs for some time."""
    begun = []

    def begin(names, wanted=1, seconds=60.0, code=TAKE):
        command = [sys.executable, "-c", code, names, str(wanted), str(seconds)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "scripts")}
        begun.append(
            subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=environment,
                start_new_session=True,
            )
        )
        return begun[-1]

    yield begin
    for process in begun:
        # What it forked may outlive it, and would keep its output open.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.fixture
def pretend(monkeypatch):
    """Pretends that CUDA sees these GPUs, by their UUIDs."""

    def see(*uuids):
        seen = [SimpleNamespace(uuid=uuid) if uuid else SimpleNamespace() for uuid in uuids]
        monkeypatch.setattr(torch.cuda, "is_available", lambda: bool(seen))
        monkeypatch.setattr(torch.cuda, "device_count", lambda: len(seen))
        monkeypatch.setattr(torch.cuda, "get_device_properties", seen.__getitem__)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda number: "Pretended")
        monkeypatch.setattr(torch.cuda, "set_device", lambda device: None)

    return see


CONTEND = """
import sys, time
from modality_gap.devices import take
names, taken = sys.argv[1].split(","), 0
while taken < 100:
    try:
        chosen, locks = take(names, 1)
    except ValueError:
        continue
    began = time.monotonic()
    time.sleep(0.001)
    print(*chosen, began, time.monotonic())
    locks.close()
    taken += 1
"""


def test_two_jobs_never_share_a_gpu(taker):
    """Four processes take one of two GPUs a hundred times each: the times on each do not overlap."""
    contenders, used = [taker("a,b", code=CONTEND) for _ in range(4)], {0: [], 1: []}
    for process in contenders:
        said, wrong = process.communicate()
        assert process.returncode == 0, wrong
        for number, began, ended in map(str.split, said.splitlines()):
            used[int(number)].append((float(began), float(ended)))
    assert sum(map(len, used.values())) == 400
    for times in used.values():
        assert times
        times.sort()
        assert all(end <= begin for (_, end), (begin, _) in pairwise(times))


def test_a_killed_jobs_gpu_is_free_at_once(taker):
    killed = taker("a")
    assert killed.stdout.readline().startswith("0 ")
    with pytest.raises(ValueError, match=f"1 here, of which 1 are taken .by pid {killed.pid}."):
        take(["a"], 1)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert take(["a"], 1)[0] == [0]


FORKING = TAKE + textwrap.dedent("""
    import os
    os.fork()
    time.sleep(60)
""")


def test_a_gpu_is_free_though_what_decoded_images_for_the_job_lives_on(taker):
    killed = taker("a", seconds=0, code=FORKING)
    assert len([killed.stdout.readline() for _ in range(2)]) == 2
    time.sleep(0.2)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert os.killpg(killed.pid, 0) is None  # the forked process lives
    assert take(["a"], 1)[0] == [0]


SPAWNING = """
import sys, time, multiprocessing
from modality_gap.devices import take

def hold(locks):
    print("child", flush=True)
    time.sleep(60)

if __name__ == "__main__":
    chosen, locks = take(sys.argv[1].split(","), 1)
    child = multiprocessing.get_context("spawn").Process(target=hold, args=([locks],))
    child.start()
    print(child.pid, flush=True)
    time.sleep(60)
"""


def test_the_processes_of_a_training_keep_its_gpus_until_the_last_has_ended(tmp_path):
    (tmp_path / "spawning.py").write_text(SPAWNING)
    command = [sys.executable, str(tmp_path / "spawning.py"), "a"]
    killed = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "scripts")},
        start_new_session=True,
    )
    try:
        child = int(killed.stdout.readline())
        assert killed.stdout.readline() == "child\n"
        os.kill(killed.pid, signal.SIGKILL)
        killed.wait()
        with pytest.raises(ValueError, match="are taken"):
            take(["a"], 1)
        os.kill(child, signal.SIGKILL)
        for _ in range(100):
            try:
                assert take(["a"], 1)[0] == [0]
                break
            except ValueError:
                time.sleep(0.02)
        else:
            pytest.fail("the GPU is not free though its last process was killed")
    finally:
        os.killpg(killed.pid, signal.SIGKILL)


def test_who_asks_for_two_gets_two_or_none(taker):
    one = taker("a,b,c")
    assert one.stdout.readline().startswith("0 ")
    chosen, locks = take(["a", "b", "c"], 2)
    assert chosen == [1, 2]
    with pytest.raises(ValueError, match="1 GPU asked for, 3 here, of which 3 are taken"):
        take(["a", "b", "c"], 1)
    locks.close()
    with pytest.raises(ValueError, match=r"3 GPUs asked for, 3 here, of which 1 are .*gpu=3"):
        take(["a", "b", "c"], 3)
    assert take(["a", "b", "c"], 2)[0] == [1, 2]  # what it could not use it gave back
    with pytest.raises(ValueError, match=r"2 GPUs asked for, 1 here: expected .*gpu=1"):
        take(["d"], 2)


def test_a_gpu_is_known_by_itself_not_by_its_place(pretend):
    """Under Slurm each job sees its own GPU as the first; with `CUDA_VISIBLE_DEVICES` so too."""
    pretend("1111", "2222")
    assert choose_devices(1) == [torch.device("cuda", 0)]
    pretend("2222")
    assert choose_device(1) == torch.device("cuda", 0)
    pretend("1111")
    with pytest.raises(ValueError, match=f"taken .by pid {os.getpid()}."):
        choose_device(1)
    pretend("1111", "2222", "3333")
    assert choose_device(1) == torch.device("cuda", 2)


def test_without_uuids_a_gpu_is_what_cuda_visible_devices_calls_it(pretend, monkeypatch):
    pretend(None, None)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert devices.visible_gpus() == ["GPU 0", "GPU 1"]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,1")
    assert devices.visible_gpus() == ["GPU 3", "GPU 1"]


def test_no_gpu_granted_or_there_means_the_cpu_and_no_lock(pretend, tmp_path):
    pretend("1111")
    assert choose_devices(0) == [torch.device("cpu")]
    pretend()
    assert choose_devices(4) == [torch.device("cpu")]
    assert not list(tmp_path.iterdir())


def test_the_log_says_which_gpu(pretend, caplog):
    pretend("1111", "2222")
    with caplog.at_level("INFO", "modality_gap"):
        choose_devices(2)
        choose_devices(0)
    assert caplog.messages == [
        "device: cuda:0, Pretended, GPU-1111",
        "device: cuda:1, Pretended, GPU-2222",
        "device: cpu",
    ]


def test_float32_on_a_gpu_is_float32(pretend, monkeypatch):
    pretend("1111")
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    choose_device(1)
    assert not torch.backends.cudnn.allow_tf32


def test_locks_in_another_users_folder_are_refused(tmp_path, monkeypatch):
    take(["a"], 1)[1].close()
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    (tmp_path / "modality-gap-gpus-12345").mkdir()
    with pytest.raises(ValueError, match=re.escape("gpus-12345: another user's")):
        take(["a"], 1)
