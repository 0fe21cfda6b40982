"""What jobs took before: Snakemake's benchmark files, and how seconds grow with work."""

import csv
from collections.abc import Sequence
from pathlib import Path


def read_benchmark(file: str | Path) -> tuple[float, float] | None:
    """Seconds on the clock and largest memory (MB) of a job; None where it was not measured.

    Of several repeats, means. Raises ValueError for a file of another form.
    """
    file = Path(file)
    if not file.is_file():
        return None
    with file.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    try:
        seconds = [float(row["s"]) for row in rows]
        memory = [float(row["max_rss"]) for row in rows if row["max_rss"] not in ("-", "NA", "")]
        return sum(seconds) / len(seconds), max(memory, default=0.0)
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise ValueError(
            f"{file}: no benchmark of Snakemake, expected columns s and max_rss"
        ) from (error)


def line_through(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Seconds to start and seconds a unit of work, of (work, seconds), neither below zero.

    Least squares; of a single amount of work all seconds count as work, and none without work.
    """
    works, seconds = zip(*points, strict=True)
    number, mean, level = len(points), sum(works) / len(works), sum(seconds) / len(seconds)
    spread = sum((work - mean) ** 2 for work in works)
    if not mean:
        return level, 0.0
    through_zero = sum(w * s for w, s in points) / sum(w * w for w in works)
    if not spread or number < 2:
        return 0.0, through_zero
    slope = sum((w - mean) * (s - level) for w, s in points) / spread
    if slope < 0:
        return level, 0.0
    if level - slope * mean < 0:
        return 0.0, through_zero
    return level - slope * mean, slope
