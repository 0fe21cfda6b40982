"""The GPUs of this machine, as NVIDIA's driver tells them: torch would take seconds to say it."""

import shutil
import subprocess

from modality_gap.cost.stated import DEVICES


def listed() -> list[str]:
    """The names of the GPUs of this machine; none without a driver."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    asked = [program, "--query-gpu=name", "--format=csv,noheader"]
    told = subprocess.run(asked, capture_output=True, text=True, check=False)
    return told.stdout.split("\n")[:-1] if told.returncode == 0 else []


def gpus_here() -> int:
    """How many GPUs this machine has."""
    return len(listed())


def device_here() -> str | None:
    """The key of DEVICES of this machine's first GPU; None where it has none, or another one."""
    names = listed()
    return next((key for key in DEVICES if names and key in names[0].lower()), None)
