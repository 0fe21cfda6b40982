"""What surrounds every script: its log file, its threads, and errors in one line."""

import gc
import logging
import os
import shutil
import sys
import time
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from threadpoolctl import threadpool_limits

# Snakemake puts a script's folder last: a library that is installed would come before the one here.
sys.path.insert(0, str(Path(__file__).parent))

from modality_gap import words
from modality_gap.data.file_kinds import damaged_files
from modality_gap.data.watched import check_listed

# Imports make no garbage, and what they make stays: to look through it takes a quarter of a short job.
gc.disable()

# Set before the libraries are imported that ask: no job waits for a network, none unpickles code.
OFFLINE = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE")
OWN = {name: os.environ.get(name) for name in OFFLINE}
os.environ |= {**dict.fromkeys(OFFLINE, "1"), "TORCH_FORCE_WEIGHTS_ONLY_LOAD": "1"}

# What open_clip imports wherever it is installed, a second a process: a rule whose networks are not
# made of it says so by its param `libraries`, and then it is as if it were not installed.
OPTIONAL = ("timm", "transformers")
RULE = getattr(sys.modules["__main__"], "snakemake", None)
if RULE is not None:
    unused = set(OPTIONAL) - set(RULE.params.get("libraries", OPTIONAL))
    sys.modules |= dict.fromkeys(unused)
    if unused == set(OPTIONAL):
        # Half as long: the compiler of torch, for an operator that only finders of objects need.
        sys.modules["torchvision.ops.roi_align"] = operator = ModuleType("roi_align")
        operator.roi_align = operator.RoIAlign = None

DOWNLOADS = Path("results/downloads")
LITTLE = 1e6  # bytes: a disk with fewer is full


def allow_network() -> None:
    """Leave it to the user's environment, for a job that downloads: before its imports."""
    for name, value in OWN.items():
        os.environ.pop(name)
        if value is not None:
            os.environ[name] = value


@contextmanager
def job(snakemake) -> Iterator[None]:
    """Run a script's body as a job of the workflow.

    Numeric libraries use the job's threads. What the library warns of is said on the terminal and
    in the log, which also tells its device. An error ends the job with one line that names what was wrong, on both; the log
    holds the whole traceback before it. The log also tells the CPU time that the process took to
    start, imports above all, and then to work.
    """
    log, started = Path(snakemake.log[0]), time.process_time()
    gc.freeze()
    gc.enable()
    words.call(words.names_of(snakemake.config, snakemake.wildcards.get("corpus")))
    said = logging.getLogger("modality_gap")
    said.propagate = False
    said.setLevel(logging.INFO)
    for handler, level in (
        (logging.StreamHandler(), logging.WARNING),
        (logging.FileHandler(log, delay=True), logging.INFO),
    ):
        handler.setLevel(level)
        said.addHandler(handler)
    try:
        for file in map(Path, snakemake.input):
            if DOWNLOADS in file.parents and (record := Path(f"{file}.sha256")).is_file():
                check_listed(record)
        with threadpool_limits(snakemake.threads):
            yield
        with log.open("a") as lines:
            work = time.process_time() - started
            print(f"CPU time: {started:.2f} s to start, {work:.2f} s to work", file=lines)
    except Exception as error:
        which = ", ".join(snakemake.wildcards)
        line = f"{snakemake.rule} ({which}): {' '.join(reason_of(error, snakemake).split())}"
        print(line, file=sys.stderr)
        try:
            with log.open("a") as lines:
                lines.write(f"{traceback.format_exc()}\n{line}\n")
        except OSError as unwritten:
            print(f"{log}: cannot be written ({unwritten.strerror})", file=sys.stderr)
        sys.exit(1)


def reason_of(error: Exception, snakemake) -> str:
    """What went wrong in a job: a damaged input, a full disk, or what the error says."""
    made = Path("results", snakemake.config["study"])
    inputs = [file for file in map(Path, snakemake.input) if made in file.parents]
    reasons = [
        f"{file}: damaged since it was made ({reason}): delete it, and the next run makes it anew"
        for file, reason in damaged_files(inputs).items()
    ]
    expected = isinstance(error, ValueError | OSError)
    reasons = reasons or [str(error) if expected else f"{type(error).__name__}: {error}"]
    for folder in {Path(file).parent for file in snakemake.output if Path(file).parent.is_dir()}:
        free = shutil.disk_usage(folder).free
        if free < LITTLE:
            reasons.append(f"the disk of {folder} is full: {free / 1e3:.0f} kB are free")
            break
    return "; ".join(reasons)


def say(snakemake, remarks: Iterable[str]) -> None:
    """Put remarks on what a job left out, merged or cut, a line each, into its log and the terminal."""
    which = ", ".join(snakemake.wildcards)
    with Path(snakemake.log[0]).open("a", encoding="utf-8") as log:
        for remark in map(words.spoken, remarks):
            print(remark, file=log)
            print(f"{snakemake.rule} ({which}): note: {remark}", file=sys.stderr)


def architectures(snakemake) -> Path:
    """The folder of the project's own architecture files."""
    return Path(snakemake.scriptdir).parent / "config/architectures"
