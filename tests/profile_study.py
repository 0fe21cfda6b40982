"""Where the time of a finished study went, by rule; writes it into docs/performance.md.

make profile [STUDY_NAME=emoji]
"""

import argparse
import re
from pathlib import Path

import pandas as pd
from page_section import put_section

ROOT = Path(__file__).parents[1]
CPU_TIME = re.compile(r"^CPU time: ([0-9.]+) s to start, ([0-9.]+) s to work$", re.MULTILINE)
SMALL = 10  # seconds: rules that took less in all stand in one row


def read_jobs(folder: Path, study: str) -> pd.DataFrame:
    """A row a job: rule, seconds on the clock, largest memory in MB, CPU seconds to start and work.

    folder: where the study ran. Raises ValueError for a study that has not run there.
    """
    benchmarks, rows = folder / "benchmarks" / study, []
    for file in sorted(benchmarks.rglob("*.tsv")):
        place = file.relative_to(benchmarks).with_suffix("")
        log = folder / "logs" / study / place.with_name(f"{place.name}.log")
        found = CPU_TIME.findall(log.read_text("utf-8")) if log.is_file() else []
        job = pd.read_csv(file, sep="\t", na_values="-").iloc[0]
        rows.append(
            {
                "rule": place.parts[0],
                "seconds": job["s"],
                "memory": job["max_rss"],
                "start": float(found[-1][0]) if found else None,
                "work": float(found[-1][1]) if found else None,
            }
        )
    if not rows:
        raise ValueError(f"{benchmarks}: no finished jobs, expected a study that has run")
    return pd.DataFrame(rows)


def section(jobs: pd.DataFrame, study: str) -> list[str]:
    """The lines of the page's section: a row a rule, the longest first."""
    how = {"seconds": "sum", "start": "sum", "work": "sum", "memory": "max"}
    rules = jobs.groupby("rule").agg(how).assign(jobs=jobs.groupby("rule").size())
    rules = rules.sort_values("seconds", ascending=False)
    small = rules[rules.seconds < SMALL]
    shown = [*rules[rules.seconds >= SMALL].iterrows()]
    if len(small):
        shown.append((f"{len(small)} others", small.agg({**how, "jobs": "sum"})))
    shown.append(("all", rules.agg({**how, "jobs": "sum"})))
    lines = [
        f"The study `{study}` by rule, by `make profile`: seconds of all jobs of a rule on the clock "
        "(two at a time), and of CPU time: until a job had started, which is importing above all, and "
        "for its work, reading and writing included (processes that it starts are not counted).",
        "",
        "| rule | jobs | seconds | CPU to start | CPU to work | largest memory |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    return lines + [
        f"| {name} | {row.jobs:.0f} | {row.seconds:,.0f} | {row.start:,.0f} | {row.work:,.0f} "
        f"| {row.memory / 1000:.1f} GB |"
        for name, row in shown
    ]


def main() -> None:
    """Write the section of one study."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("study")
    parser.add_argument("--folder", type=Path, default=Path())
    parser.add_argument("--page", type=Path, default=ROOT / "docs/performance.md")
    asked = parser.parse_args()
    put_section(
        asked.page, "make profile", section(read_jobs(asked.folder, asked.study), asked.study)
    )


if __name__ == "__main__":
    main()
