"""What a study will cost, as a page for a terminal."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

from modality_gap.cost import stated
from modality_gap.cost.disk import KINDS, bytes_of, kind_of
from modality_gap.cost.downloads import by_hand, downloading
from modality_gap.cost.forecast import (
    BASES,
    Forecast,
    Machine,
    forecast,
    gpus,
    on_gpu,
    rate,
    threads,
)
from modality_gap.cost.jobs import Plan
from modality_gap.cost.measured import read_benchmark
from modality_gap.cost.schedule import Task, wall_seconds
from modality_gap.cost.work import FORWARD_AND_BACK, Facts

ROWS = 18  # rules that have a row of their own, the longest; the others stand in one


def size(number: float | None) -> str:
    """Bytes in words."""
    if number is None:
        return "size unknown"
    for unit, least in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= least:
            return f"{number / least:,.{0 if number >= 10 * least else 1}f} {unit}"
    return f"{number:.0f} bytes"


def rounded(number: float) -> str:
    """Two digits of a number, or all before its point."""
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


def host(source: str) -> str:
    """The machine that an address names; what is no address, as it is."""
    return urlsplit(source).netloc or source


def span(seconds: float) -> str:
    """Seconds in words."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5_400:
        return f"{seconds / 60:.0f} min"
    if seconds < 100 * 3_600:
        return f"{seconds / 3_600:.1f} h"
    return f"{seconds / 3_600:,.0f} h"


def tasks(jobs: Iterable, plan: Plan, expected: dict[object, Forecast], machine: Machine) -> list:
    """Jobs as their schedule sees them: what asks for a GPU takes one, be there one or not."""
    return [
        Task(
            job,
            expected[job].seconds,
            threads(job, machine),
            min(gpus(job), max(1, machine.gpus)),
            priority(job),
            tuple(plan.needs[job]),
        )
        for job in jobs
        if str(job.rule.name) != "all"
    ]


def priority(job) -> int:
    """Of a job; Snakemake knows its own only of jobs that would run."""
    return job.rule.expand_priority(job.wildcards_dict, job.input, job.attempt)


def wall(jobs: Iterable, plan: Plan, expected: dict, machine: Machine) -> float:
    """Seconds that jobs take side by side on a machine, Snakemake's own time beside them."""
    planned = tasks(jobs, plan, expected, machine)
    own = stated.PLANNING + stated.STARTING * len(planned)
    return own + wall_seconds(planned, machine.cores, max(1, machine.gpus))


def page(plan: Plan, facts: Facts, machine: Machine, others: Iterable = ()) -> list[str]:
    """The lines of the page: jobs, downloads, disk and memory, time. others: see `forecast`."""
    expected = forecast(plan, facts, machine, others=others)
    jobs = [job for job in plan.jobs if job in plan.missing and job.rule.name != "all"]
    every = len([job for job in plan.jobs if job.rule.name != "all"])
    head = f"{facts.config['study']}: {len(jobs):,} of {every:,} jobs would run"
    if not jobs:
        return [f"{head}: there is nothing to do"]
    parts = (
        [head, *rows_of_jobs(jobs, plan, expected, machine)],
        rows_of_downloads(jobs, facts),
        rows_of_disk(jobs, expected, facts),
        rows_of_rates(jobs, facts, machine),
        rows_of_time(jobs, plan, expected, machine),
    )
    return [line for part in parts for line in [*part, ""]][:-1]


def rows_of_jobs(jobs: list, plan: Plan, expected: dict, machine: Machine) -> list[str]:
    """A row a rule, the longest first; those with GPUs before the others."""
    rules = defaultdict(list)
    for job in jobs:
        rules[job.rule.name].append(job)
    every = Counter(job.rule.name for job in plan.jobs)

    def seconds(own: list) -> float:
        return sum(expected[job].seconds for job in own)

    order = sorted(rules, key=lambda rule: (not gpus(rules[rule][0]), -seconds(rules[rule])))
    longest = {*sorted(rules, key=lambda rule: -seconds(rules[rule]))[:ROWS]}
    lines = ["  rule                    jobs   threads  GPUs  memory   time of all"]
    for rule in order:
        own = rules[rule]
        if rule in longest:
            number = f"{len(own):,}" + (f"/{every[rule]:,}" if every[rule] > len(own) else "")
            memory = size(1e6 * max(job.resources.get("mem_mb", 0) for job in own))
            most, asked = max(threads(job, machine) for job in own), max(map(gpus, own))
            lines.append(
                f"  {rule:22} {number:>6} {most:>8} {asked or '':>6} {memory:>8} {span(seconds(own)):>9}"
            )
    rest = [job for rule in order if rule not in longest for job in rules[rule]]
    if rest:
        left = len(rules) - len(longest)
        lines.append(f"  {f'{left} other rules':22} {len(rest):>6,} {span(seconds(rest)):>33}")
    return lines


def rows_of_downloads(jobs: list, facts: Facts) -> list[str]:
    """A row a download, and one a folder that is filled by hand."""
    found = sorted(
        {facts.sizes.of(job) for job in jobs if downloading(job.rule.name)},
        key=lambda one: (-(one.bytes or 0), one.name),
    )
    known = [one.bytes for one in found if one.bytes is not None]
    parts = [f"{len(known)} files, {size(sum(known))}"] if known else []
    if unknown := len(found) - len(known):
        parts.append(f"{unknown} of unknown size")
    lines = [f"Downloads: {' and '.join(parts) or 'none'}"]
    together = defaultdict(list)
    for one in found:
        alike = one.name if one.bytes is not None else ""
        together[one.bytes, one.licence, host(one.source), alike].append(one.name)
    for (number, licence, source, _), names in together.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        lines.append(f"  {size(number):>12}  {names[0]}{more}  [{licence}]  {source}")
    folders = by_hand(facts.study)
    if folders:
        lines.append("By hand:")
    for one in folders:
        state = "there" if one.there else "not there yet"
        lines.append(
            f"  {size(one.bytes):>12}  {one.corpus}, in {one.folder} ({state})  [{one.licence}]"
        )
        lines.append(
            f"                {one.files}" + (f", from {one.source}" if one.source else "")
        )
    return lines


def rows_of_disk(jobs: list, expected: dict, facts: Facts) -> list[str]:
    """Disk by kind of file, and the largest memory."""
    sums, unknown = Counter(), 0
    for job in jobs:
        found = bytes_of(job, facts)
        sums[kind_of(job.rule.name)] += found or 0
        unknown += found is None
    parts = ", ".join(f"{kind} {size(sums[kind])}" for kind in KINDS if sums[kind])
    more = f"; {unknown} jobs' files of unknown size beside" if unknown else ""
    most = max(jobs, key=lambda job: job.resources.get("mem_mb", 0))
    memory = (
        f"Memory: at most {size(1e6 * most.resources.get('mem_mb', 0))} a job ({most.rule.name})"
    )
    used = max((expected[job].memory for job in jobs), default=0)
    if used:
        memory += f"; at most {size(1e6 * used)} measured"
    return [f"Disk: {size(sum(sums.values()))} ({parts}{more})", memory]


def rows_of_rates(jobs: list, facts: Facts, machine: Machine) -> list[str]:
    """Images, or pairs of image and text, a second by stated rates, a row a network."""
    where = machine.device.upper() if machine.gpus else "core"
    found: dict[tuple, str] = {}
    for job in jobs:
        work = facts.work(job)
        if not work.network or work.kind not in ("embed", "embed_backbone", "train"):
            continue
        speed = rate(work, machine, on_gpu(job, machine))
        _, network = facts.networks.of_places(job.wildcards_dict)
        operations = network.images.operations
        if work.kind == "train":
            operations = FORWARD_AND_BACK * (operations + network.texts.operations)
        what = "pairs trained" if work.kind == "train" else "images embedded"
        doubt = "" if work.known else " (not in our tables: taken for a ViT-B/16 or ResNet-50)"
        found[work.network, what] = (
            f"  {work.network}: {rounded(speed / operations)} {what} a second, {work.family}{doubt}"
        )
    if not found:
        return ["Stated rates: of no network"]
    limits = (
        f"{stated.DECODED} images decoded a second and core, {size(stated.DOWNLOADED)} downloaded"
    )
    head = f"Stated rates, estimates for what was not measured ({where}; at most {limits}):"
    return [head, *found.values()]


def rows_of_time(jobs: list, plan: Plan, expected: dict, machine: Machine) -> list[str]:
    """Hours of GPUs and of cores, time on the clock, and where they are from."""
    on_gpus = sum(expected[job].seconds * gpus(job) for job in jobs if on_gpu(job, machine))
    cores = sum(expected[job].seconds * threads(job, machine) for job in jobs)
    asking = [job for job in jobs if gpus(job)]
    plural = "s" if machine.gpus > 1 else ""
    machinery = f"{machine.cores} cores" + (
        f" and {machine.gpus} GPU{plural} ({machine.device.upper()})"
        if machine.gpus
        else ", no GPU"
    )
    bases = Counter()
    for job in jobs:
        bases[expected[job].basis] += expected[job].seconds
    total = sum(bases.values()) or 1
    lines = [
        f"Time on {machinery}: {span(wall(jobs, plan, expected, machine))} on the clock; "
        f"{span(on_gpus)} of GPUs, {span(cores)} of cores",
    ]
    for basis in BASES:
        number = sum(expected[job].basis == basis for job in jobs)
        if number:
            lines.append(f"  {bases[basis] / total:4.0%} {BASES[basis]} ({number:,} jobs)")
    if asking and not machine.gpus:
        lines.append(
            f"  {len(asking):,} jobs ask for a GPU; without one they run on cores, one at a time"
        )
    return lines


def finished(plan: Plan, facts: Facts, machine: Machine) -> list[str]:
    """What is forecast for a study that has run, as if none of it had, beside what it took.

    Raises ValueError where a job was not measured.
    """
    jobs = [job for job in plan.jobs if str(job.benchmark or "") and job.rule.name != "all"]
    unmeasured = [job for job in jobs if read_benchmark(str(job.benchmark)) is None]
    if unmeasured:
        raise ValueError(
            f"{unmeasured[0].benchmark}: no such file, expected a study that has run whole "
            f"({len(unmeasured)} of {len(jobs)} jobs were not measured)"
        )
    ends = {job: Path(str(job.benchmark)).stat().st_mtime for job in jobs}
    starts = [ends[job] - read_benchmark(str(job.benchmark))[0] for job in jobs]
    taken = max(ends.values()) - min(starts)
    lines = [f"{facts.config['study']}: {len(jobs)} jobs took {span(taken)} on the clock"]
    ways = {
        "each job's own measured time": (True, True),
        "the measured rates of its kind": (True, False),
        "stated rates alone": (False, False),
    }
    for words, way in ways.items():
        found = wall(plan.jobs, plan, forecast(plan, facts, machine, *way), machine)
        lines.append(f"  forecast by {words}: {span(found)}, {found / taken - 1:+.0%}")
    return lines
