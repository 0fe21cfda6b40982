"""How long each job of a plan will take: as measured, or as a table states it."""

from collections import defaultdict
from statistics import median
from typing import NamedTuple

from modality_gap.cost import stated
from modality_gap.cost.downloads import downloading
from modality_gap.cost.jobs import Plan
from modality_gap.cost.measured import line_through, read_benchmark
from modality_gap.cost.work import Facts, Work

# Where a job's seconds are from, the best first.
BASES = {
    "measured": "the same job measured here before",
    "rate": "by the measured rate of jobs of its kind",
    "median": "the median of measured jobs of its rule",
    "stated": "by stated rates",
    "unknown": "as in the default study, since the size of its data is not known yet",
}


class Machine(NamedTuple):
    """What jobs run on. gpus: that there are, 0: what asks for one runs on cores; device: of DEVICES.

    here: whether it is this machine, whose benchmarks count for jobs that ask for a GPU too.
    """

    cores: int
    gpus: int = 0
    device: str = stated.USUAL
    here: bool = True


class Forecast(NamedTuple):
    """Seconds of a job, and a key of BASES; memory: MB, as measured, or 0."""

    seconds: float
    basis: str
    memory: float = 0.0


def forecast(
    plan: Plan, facts: Facts, machine: Machine, measured: bool = True, own: bool = True
) -> dict:
    """A Forecast of each job of a plan; measured: whether benchmark files count; own: a job's too.

    They are of the machine at hand: another one's jobs on GPUs take other times. Raises ValueError for
    a benchmark file of another form.
    """
    works = {job: facts.work(job) for job in plan.jobs}
    benchmarked = [job for job in plan.jobs if measured and job.benchmark]
    counted = [job for job in benchmarked if machine.here or not gpus(job)]
    taken = {job: read_benchmark(str(job.benchmark)) for job in counted}
    points, of_rule = defaultdict(list), defaultdict(list)
    for job, found in taken.items():
        if found is None:
            continue
        of_rule[job.rule.name].append(found[0])
        work = works[job]
        if work.amount:
            points[work.kind, work.unit].append((work.amount, found[0]))
    lines = {key: line_through(found) for key, found in points.items()}
    known = taken if own else {}
    return {job: one(job, works[job], known.get(job), lines, of_rule, machine) for job in plan.jobs}


def one(job, work: Work, taken, lines: dict, of_rule: dict, machine: Machine) -> Forecast:
    """The forecast of one job; taken: its own benchmark."""
    if taken is not None:
        return Forecast(taken[0], "measured", taken[1])
    key = work.kind, work.unit
    if key in lines and work.amount is not None and work.unit != "jobs":
        start, each = lines[key]
        return Forecast(start + each * work.amount, "rate")
    if of_rule.get(job.rule.name):
        return Forecast(median(of_rule[job.rule.name]), "median")
    seconds = stated_seconds(
        work, job.rule.name, threads(job, machine), on_gpu(job, machine), machine
    )
    return Forecast(seconds, "unknown" if work.amount is None else "stated")


def threads(job, machine: Machine) -> int:
    """How many threads a job gets."""
    return max(1, min(job.threads, machine.cores))


def gpus(job) -> int:
    """How many GPUs a job asks for."""
    return int(job.resources.get("gpu", 0))


def on_gpu(job, machine: Machine) -> bool:
    """Whether a job runs on a GPU."""
    return bool(gpus(job) and machine.gpus)


def stated_seconds(work: Work, rule: str, threads: int, gpu: bool, machine: Machine) -> float:
    """Seconds of a job by stated rates; where its work is not known, as in the default study."""
    usual = stated.SECONDS.get(rule, median(stated.SECONDS.values()))
    if work.amount is None and not downloading(rule):
        return usual
    if work.unit == "operations":
        return stated.START_NETWORK + network_seconds(work, threads, gpu, machine)
    amount = work.amount or 0
    if work.unit == "bytes":
        return stated.START + amount / stated.DOWNLOADED
    if rule in stated.RATES:
        return stated.START + amount / stated.RATES[rule]["gpu" if gpu else "core"]
    if work.unit == "images":
        return stated.START + amount / stated.DECODED
    if work.unit == "items":
        return max(stated.START, usual * amount / stated.ITEMS)
    return usual


def network_seconds(work: Work, threads: int, gpu: bool, machine: Machine) -> float:
    """Seconds of images and texts through a network; on a GPU images are decoded meanwhile."""
    decoded, computed = work.images / stated.DECODED, work.amount / rate(work, machine, gpu)
    return max(computed, decoded / threads) if gpu else computed / threads + decoded


def rate(work: Work, machine: Machine, gpu: bool) -> float:
    """Operations a second of a network on a machine's GPU, or on a core."""
    if not gpu:
        return stated.CORE_SMALL if work.small else stated.CORE
    precision = "float32" if work.precision == "float32" else "bfloat16"
    peak = getattr(stated.DEVICES[machine.device], precision)
    return peak * stated.SHARES[work.family, precision]
