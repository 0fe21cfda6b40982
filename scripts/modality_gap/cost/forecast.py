"""How long each job of a plan will take: as measured, or as a table states it."""

from collections import defaultdict
from collections.abc import Iterable
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
    "unknown": "as in the default study, since nobody knows before on how much data they work",
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
    plan: Plan,
    facts: Facts,
    machine: Machine,
    measured: bool = True,
    own: bool = True,
    others: Iterable[tuple[Plan, Facts]] = (),
) -> dict:
    """A Forecast of each job of a plan.

    measured: whether benchmark files count; own: a job's too; others: plans of other studies that
    were measured here, whose jobs count where this one has none of their kind. Benchmarks are of the
    machine at hand: another one's jobs on GPUs take other times. Raises ValueError for a benchmark
    file of another form.
    """
    taken, lines, of_rule = {}, {}, {}
    for one_plan, its_facts in [(plan, facts), *others] if measured else ():
        found = benchmarks(one_plan, machine)
        taken |= found if one_plan is plan and own else {}
        points, seconds = defaultdict(list), defaultdict(list)
        for job, (took, _) in found.items():
            seconds[job.rule.name].append(took)
            work = its_facts.work(job)
            if work.amount:
                points[rate_key(work)].append((work.amount, took))
        lines = {key: line_through(some) for key, some in points.items()} | lines
        of_rule = seconds | of_rule
    return {
        job: one(job, facts.work(job), taken.get(job), lines, of_rule, machine) for job in plan.jobs
    }


def benchmarks(plan: Plan, machine: Machine) -> dict:
    """What each job took that was measured, on this machine: seconds and memory."""
    counted = [job for job in plan.jobs if job.benchmark and (machine.here or not gpus(job))]
    found = {job: read_benchmark(str(job.benchmark)) for job in counted}
    return {job: took for job, took in found.items() if took is not None}


def rate_key(work: Work) -> tuple:
    """What jobs have in common that have one rate: small networks have another than large ones."""
    return work.kind, work.unit, work.small


def one(job, work: Work, taken, lines: dict, of_rule: dict, machine: Machine) -> Forecast:
    """The forecast of one job; taken: its own benchmark."""
    if taken is not None:
        return Forecast(taken[0], "measured", taken[1])
    key = rate_key(work)
    if key in lines and work.amount is not None and work.unit != "jobs":
        start, each = lines[key]
        return Forecast(start + each * work.amount, "rate")
    # What another network took says nothing of this one.
    if of_rule.get(job.rule.name) and work.unit != "operations":
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
    if not gpu:
        return computed / threads + decoded
    return max(computed / min(work.gpus, machine.gpus), decoded / threads)


def rate(work: Work, machine: Machine, gpu: bool) -> float:
    """Operations a second of a network on a machine's GPU, or on a core."""
    if not gpu:
        return stated.CORE_SMALL if work.small else stated.CORE
    if work.small:
        return stated.GPU_SMALL
    precision = "float32" if work.precision == "float32" else "bfloat16"
    peak = getattr(stated.DEVICES[machine.device], precision)
    return peak * stated.SHARES[work.family, precision]
