"""Which devices a job computes on: the CPU, or GPUs that no other job has at the same time.

A GPU is taken by a file lock, in a folder of this machine and user, named after the GPU itself: to
jobs that each see another one, all are the first. The kernel frees it when its holder has ended,
however it ended.
"""

import fcntl
import logging
import os
import tempfile
from collections.abc import Sequence
from multiprocessing.reduction import DupFd
from pathlib import Path

import torch

log = logging.getLogger(__name__)


class Locks:
    """Open files whose locks last as long as they are open, in this process or one that it spawns.

    A process that is forked, as one that decodes images, does not hold them: it may outlive the job.
    """

    def __init__(self, files: list[int]):
        self.files = files
        os.register_at_fork(after_in_child=self.close)

    def close(self) -> None:
        """Give the locks up."""
        while self.files:
            os.close(self.files.pop())

    def __reduce__(self):
        return received, ([DupFd(file) for file in self.files],)


def received(files: list) -> Locks:
    """The locks of the process that spawned this one."""
    return Locks([file.detach() for file in files])


# Held until the process ends: what ends it need not be known here.
HELD: list[Locks] = []


def choose_device(gpus: int) -> torch.device:
    """`cuda` when the job was granted a GPU and there is one, otherwise `cpu`; of several the first."""
    return choose_devices(gpus)[0]


def choose_devices(gpus: int) -> list[torch.device]:
    """So many GPUs of the job's own, until it ends, or the CPU where it was granted none or none is.

    Those of `CUDA_VISIBLE_DEVICES` alone, where it is set; the log says which. Raises ValueError
    where fewer are free.
    """
    if gpus == 0 or not torch.cuda.is_available():
        log.info("device: cpu")
        return [torch.device("cpu")]
    # Or convolutions in float32 would be rounded to the ten bits of TF32.
    torch.backends.cudnn.allow_tf32 = False
    names = visible_gpus()
    chosen, locks = take(names, gpus)
    HELD.append(locks)
    torch.cuda.set_device(chosen[0])
    for number in chosen:
        log.info(
            "device: cuda:%d, %s, %s", number, torch.cuda.get_device_name(number), names[number]
        )
    return [torch.device("cuda", number) for number in chosen]


def visible_gpus() -> list[str]:
    """A name of each GPU that this process sees, the same one in every process of the machine."""
    told = os.environ.get("CUDA_VISIBLE_DEVICES")
    seen = told.split(",") if told else [str(number) for number in range(torch.cuda.device_count())]
    properties = map(torch.cuda.get_device_properties, range(torch.cuda.device_count()))
    return [
        f"GPU-{gpu.uuid}" if hasattr(gpu, "uuid") else f"GPU {number.strip()}"
        for number, gpu in zip(seen, properties, strict=False)
    ]


def take(names: Sequence[str], wanted: int) -> tuple[list[int], Locks]:
    """Places in `names` of so many GPUs that no other process has, and the locks that keep them.

    names: of the GPUs, each its own. Raises ValueError where fewer are free, naming who has the
    others, and takes none then.
    """
    folder, chosen, holders = lock_folder(), [], []
    locks = Locks([])
    for number, name in enumerate(names):
        if len(chosen) == wanted:
            break
        file = os.open(folder / name.replace("/", "_"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holders.append(os.read(file, 20).decode() or "a process that just began")
            os.close(file)
            continue
        os.ftruncate(file, 0)
        os.pwrite(file, str(os.getpid()).encode(), 0)
        locks.files.append(file)
        chosen.append(number)
    if len(chosen) < wanted:
        locks.close()
        held = (
            f", of which {len(holders)} are taken (by pid {', '.join(holders)})" if holders else ""
        )
        raise ValueError(
            f"{wanted} GPU{'s' if wanted > 1 else ''} asked for, {len(names)} here{held}: expected "
            f"no more jobs at a time than GPUs (`--resources gpu={len(names)}`, less what other runs "
            "use)"
        )
    return chosen, locks


def lock_folder() -> Path:
    """Where this user's locks are on this machine; ValueError where it is another user's."""
    folder = Path(tempfile.gettempdir()) / f"modality-gap-gpus-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.lstat().st_uid != os.getuid():
        raise ValueError(f"{folder}: another user's, expected a folder of your own")
    return folder
