"""How long jobs take side by side, as Snakemake starts them: whatever may run does, the first first."""

import heapq
from collections.abc import Hashable, Iterable
from typing import NamedTuple


class Task(NamedTuple):
    """A job as its schedule sees it. needs: those that must have ended before."""

    name: Hashable
    seconds: float
    threads: int = 1
    gpus: int = 0
    priority: int = 0
    needs: tuple = ()


def wall_seconds(tasks: Iterable[Task], cores: int, gpus: int) -> float:
    """Seconds from the start of the first task to the end of the last, on so many cores and GPUs.

    What asks for more threads or GPUs than there are gets all, as in Snakemake. Of what is ready the
    highest priority goes first, then what was asked for first. Needs that are no task are met.
    Raises ValueError where tasks wait for each other.
    """
    tasks = list(tasks)
    known = {task.name for task in tasks}
    waits = {task.name: len({need for need in task.needs if need in known}) for task in tasks}
    follow: dict[Hashable, list[int]] = {}
    for number, task in enumerate(tasks):
        for need in {*task.needs} & known:
            follow.setdefault(need, []).append(number)
    ready = [(-task.priority, n) for n, task in enumerate(tasks) if not waits[task.name]]
    heapq.heapify(ready)
    running: list[tuple[float, int, int, int]] = []
    free_cores, free_gpus, now, ended = cores, gpus, 0.0, 0
    while ready or running:
        held = []
        while ready and free_cores:
            entry = heapq.heappop(ready)
            task = tasks[entry[1]]
            threads, used = min(task.threads, cores), min(task.gpus, gpus)
            if threads > free_cores or used > free_gpus:
                held.append(entry)
                continue
            free_cores, free_gpus = free_cores - threads, free_gpus - used
            heapq.heappush(running, (now + task.seconds, entry[1], threads, used))
        for entry in held:
            heapq.heappush(ready, entry)
        now, number, threads, used = heapq.heappop(running)
        free_cores, free_gpus, ended = free_cores + threads, free_gpus + used, ended + 1
        for other in follow.get(tasks[number].name, []):
            waits[tasks[other].name] -= 1
            if not waits[tasks[other].name]:
                heapq.heappush(ready, (-tasks[other].priority, other))
    if ended < len(tasks):
        raise ValueError(f"{len(tasks) - ended} tasks wait for each other, expected none")
    return now
