"""Prove a study in minutes before it takes days: python scripts/rehearse.py STUDY [--without NAMES].

The same rules and scripts run from downloads to report, on a miniature of the study: data sets of a
few dozen images in their true formats, and small networks with random weights, served on 127.0.0.1
to the code that downloads them. Its numbers mean nothing.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import yaml
from plan_study import number
from rehearsal.miniature import in_miniature
from rehearsal.stage import Stage

from modality_gap.claims.register import DIRECTION, answers_of, not_made, read_register
from modality_gap.claims.statuses import NOT_MEASURED, STATUSES
from modality_gap.cost.jobs import plan
from modality_gap.study import Study
from modality_gap.study.errors import read_yaml

HOME = Path(__file__).parents[1]
ARCHITECTURES = HOME / "config/architectures"
# Of the folder that a rehearsal is made in: a former one is deleted, nothing else.
MARK = "This folder was made by a rehearsal; the next one deletes it.\n"


def empty_folder(folder: Path) -> Path:
    """A new folder; a former rehearsal in its place is deleted.

    Raises FileExistsError where something else is there.
    """
    mark = folder / "REHEARSAL"
    if folder.is_symlink() or (folder.exists() and not mark.is_file()):
        raise FileExistsError(f"{folder}: not of a rehearsal, expected none, or another folder")
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    mark.write_text(MARK)
    return folder.resolve()


def snakemake(
    folder: Path, study: dict, environment: dict[str, str], cores: int, *targets: str
) -> int:
    """Run the workflow on a study in a folder, or targets of it; the exit status."""
    (folder / "study.yaml").write_text(yaml.safe_dump(study, sort_keys=False, allow_unicode=True))
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(HOME / "Snakefile")]
    command += ["--directory", str(folder), "--configfile", str(folder / "study.yaml")]
    # Small jobs need one thread each, and wait for no GPU.
    command += ["--cores", str(cores), "--max-threads", "1", "--resources", f"gpu={cores}"]
    command += ["--quiet", "rules", "host", "--keep-going", *targets]
    return subprocess.run(command, env=environment, check=False).returncode


def rules_of(study: Path) -> dict[str, str]:
    """Which rule makes each file of a study in the working directory."""
    jobs = plan(HOME / "Snakefile", study, everything=True).jobs
    return {str(file): job.rule.name for job in jobs for file in job.output}


def tell_register(register: pd.DataFrame, results: Path, rules: dict[str, str]) -> list[str]:
    """Say which job answers each claim of a paper's register; what is missing, a line each.

    results: relative to the working directory, as in rules.
    """
    missing = not_made(register, [file.removeprefix(f"{results}/") for file in rules])
    print(f"\n{len(register)} claims of the paper, and the job that answers each:")
    for row in register.itertuples():
        told = []
        for answer in answers_of(row):
            files = [file for file in rules if fnmatch(file, f"{results}/{answer.table}")]
            wanted = {*answer.columns, *answer.where}
            for file in files:
                absent = sorted(wanted - columns_of(Path(file)))
                if absent:
                    missing.append(f"{row.id}: {file}: no column {', '.join(absent)}")
            told += [f"{rules[file]} ({file.removeprefix(f'{results}/')})" for file in files[:1]]
            told[-1:] = [f"{told[-1]} and {len(files) - 1} more"] if len(files) > 1 else told[-1:]
        print(f"  {row.id}, {row.place}: {'; '.join(told) or row.note.split('; ')[0]}")
    return missing


def columns_of(table: Path) -> set[str]:
    """The columns of a Parquet or CSV table."""
    if table.suffix == ".csv":
        return {*pd.read_csv(table, nrows=0).columns}
    return {*pq.read_schema(table).names}


def tell_claims(results: Path, paper: str) -> list[str]:
    """Say what became of each claim; of the study's own paper, directions without a verdict, a line each.

    A printed number of a row that a miniature lacks, as of a group of people that none of its images
    shows, is said alone: its table is looked for by `tell_register`.
    """
    claims = pd.read_csv(results / "claims.csv", keep_default_na=False)
    counts = claims.status.value_counts().reindex(STATUSES, fill_value=0)
    told = ", ".join(f"{status} {count}" for status, count in counts.items())
    print(f"\n{len(claims)} claims of the papers: {told}")
    without = [
        row
        for row in claims[(claims.paper == paper) & (claims.status == NOT_MEASURED)].itertuples()
        if not row.needed.startswith((NOT_MEASURED, "same as"))
    ]
    for row in without:
        print(f"  {row.id}: no such row in the miniature: {row.needed}")
    return [
        f"{row.id}: no verdict, though there is {row.needed}"
        for row in without
        if row.printed_value == DIRECTION
    ]


def rehearse(file: str, without: str | None, cores: int) -> int:
    """The exit status of a study's rehearsal. Raises ValueError or OSError where it cannot begin."""
    config = read_yaml(file) | ({"without": without} if without else {})
    study = Study.read(config, [file], ARCHITECTURES)
    folder = empty_folder(Path("rehearsals") / study.config["study"])
    started = time.monotonic()
    with ExitStack() as stack:
        stage = Stage(folder, stack)
        small = stage.set_up(in_miniature(study.config), study)
        print(f"{file}: rehearsed in {folder}", *stage.told, sep="\n", flush=True)
        environment = {**os.environ, **stage.environment()}
        status = snakemake(folder, small, environment, cores, "downloads")
    # Nothing is served any more: what a job needs of the world was fetched.
    if status == 0:
        status = snakemake(folder, small, environment, cores)
    if status != 0:
        print(f"{file}: the rehearsal failed; logs are in {folder / 'logs'}", file=sys.stderr)
        return status
    took = time.monotonic() - started
    missing = tell(folder, small["study"], study.config["study"])
    jobs = len(list((folder / "benchmarks").rglob("*.tsv")))
    report = folder / "results" / small["study"] / "report.html"
    print(f"\n{jobs} jobs in {took:.0f} s, {took / jobs:.2f} s a job: {report}")
    print("It was a rehearsal: its numbers, advice and verdicts mean nothing.")
    for line in missing:
        print(f"{file}: {line}", file=sys.stderr)
    # What is left out answers nothing.
    return 1 if missing and "left_out" not in study.config else 0


def tell(folder: Path, small: str, study: str) -> list[str]:
    """Say which claims a finished rehearsal judged, and which job answers those of a paper's study.

    Returns what answers no claim though the register says so, a line each.
    """
    os.chdir(folder)
    results = Path("results") / small
    unjudged = tell_claims(results, study)
    register = HOME / f"config/claims/{study}.csv"
    if not register.is_file():
        return []
    return unjudged + tell_register(read_register(register), results, rules_of(Path("study.yaml")))


def main() -> int:
    """What was asked for on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("study", help="its YAML file")
    parser.add_argument("--without", help="corpora or encoders to leave out, with commas")
    parser.add_argument("--cores", type=partial(number, least=1), default=os.cpu_count())
    asked = parser.parse_args()
    try:
        return rehearse(asked.study, asked.without, asked.cores)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the next rehearsal begins anew", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
