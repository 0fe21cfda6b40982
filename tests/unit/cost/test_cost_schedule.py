import random

import pytest

from modality_gap.cost.schedule import Task, wall_seconds


def test_one_after_the_other():
    chain = [Task(n, 2 + n, needs=(n - 1,) if n else ()) for n in range(5)]
    assert wall_seconds(chain, 8, 1) == sum(2 + n for n in range(5))


def test_side_by_side():
    assert wall_seconds([Task(n, 3) for n in range(7)], 2, 0) == 4 * 3
    assert wall_seconds([Task(n, 3, threads=2) for n in range(7)], 4, 0) == 4 * 3
    assert wall_seconds([], 2, 0) == 0


def test_gpus_are_asked_for_one_at_a_time():
    """Two cores are free, one GPU is not; a job beside them takes the other core."""
    tasks = [Task(n, 5, gpus=1) for n in range(3)] + [Task("other", 12)]
    assert wall_seconds(tasks, 2, 1) == 15
    assert wall_seconds(tasks, 4, 3) == 12


def test_what_asks_for_more_than_there_is_gets_all():
    assert wall_seconds([Task(0, 4, threads=64, gpus=8), Task(1, 1)], 2, 1) == 5


def test_priority_goes_first():
    """The long one first: 10 beside 5 + 5; last: 5 beside 5, then 10."""
    short = [Task("a", 5), Task("b", 5)]
    assert wall_seconds([*short, Task("long", 10, priority=1)], 2, 0) == 10
    assert wall_seconds([*short, Task("long", 10)], 2, 0) == 15


def test_needs_that_are_done_are_met():
    assert wall_seconds([Task("a", 5, needs=("done before",))], 1, 0) == 5


def test_a_circle_is_told():
    with pytest.raises(ValueError, match="2 tasks wait for each other, expected none"):
        wall_seconds([Task("a", 1, needs=("b",)), Task("b", 1, needs=("a",))], 2, 0)


@pytest.mark.parametrize("seed", range(20))
def test_no_schedule_is_shorter_than_its_work_or_its_longest_way(seed):
    """Graham's bound: at most the work of all cores beside the longest way; never below either."""
    draw = random.Random(seed)
    tasks = []
    for number in range(60):
        needs = tuple(draw.sample(range(number), min(number, draw.randrange(3))))
        tasks.append(Task(number, draw.uniform(1, 9), needs=needs))
    ends = {}
    for task in tasks:
        ends[task.name] = task.seconds + max((ends[need] for need in task.needs), default=0)
    work, way = sum(task.seconds for task in tasks), max(ends.values())
    for cores in (1, 2, 5, 100):
        found = wall_seconds(tasks, cores, 0)
        assert max(work / cores, way) - 1e-9 <= found <= work / cores + way + 1e-9
    assert wall_seconds(tasks, 1, 0) == pytest.approx(work)
    assert wall_seconds(tasks, 100, 0) == pytest.approx(way)
