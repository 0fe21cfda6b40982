"""Say what a study will cost before it runs: python scripts/plan_study.py [FILE] [--help].

Its jobs, what it downloads, disk, memory, hours of GPUs and cores; or, of a study that has run, what
would have been forecast beside what it took.
"""

import argparse
import logging
import os
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import yaml
from snakemake.exceptions import WorkflowError

from modality_gap.cost.forecast import Machine
from modality_gap.cost.gpus import device_here, gpus_here
from modality_gap.cost.jobs import Plan, plan
from modality_gap.cost.page import finished, page
from modality_gap.cost.stated import DEVICES, USUAL
from modality_gap.cost.work import Facts
from modality_gap.study.errors import read_yaml

PROJECT = Path(__file__).parents[1]
CONFIG = PROJECT / "config"


def number(text: str, least: int = 0) -> int:
    """A whole number of the command line. Raises ArgumentTypeError for another, or a smaller one."""
    if not text.lstrip("-").isdecimal() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text}, expected a whole number from {least} on")
    return int(text)


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("study", nargs="?", type=Path, default=CONFIG / "config.yaml")
    parser.add_argument("--without", help="corpora, encoders, runs, with commas: as of --config")
    at_least_one = partial(number, least=1)
    parser.add_argument(
        "--cores", type=at_least_one, default=os.cpu_count(), help="default: this machine's"
    )
    parser.add_argument("--gpus", type=number, help="default: this machine's")
    parser.add_argument("--device", choices=DEVICES, help="which GPU; default: this machine's")
    parser.add_argument(
        "--finished", action="store_true", help="of a study that has run: forecast and taken"
    )
    return parser.parse_args()


def study_of(file: Path) -> str | None:
    """What the study of a YAML file is called; None of a file that is none."""
    try:
        found = yaml.safe_load(file.read_bytes())
    except (yaml.YAMLError, ValueError, OSError, RecursionError):
        return None
    name = found.get("study") if isinstance(found, dict) else None
    return name if isinstance(name, str) else None


def measured_studies(asked: Path, name: str) -> Iterator[tuple[Plan, Facts]]:
    """The plans of other studies with benchmarks here; says which have no file, or none that is valid.

    asked: the file of the study that is planned, beside which others are looked for; name: its own.
    """
    folders = sorted(Path("benchmarks").iterdir()) if Path("benchmarks").is_dir() else []
    measured = [one.name for one in folders if one.is_dir() and one.name != name]
    files = [*asked.parent.glob("*.yaml"), *CONFIG.glob("*.yaml")] if measured else []
    found = {study_of(file): file for file in reversed(files)}
    for other in measured:
        try:
            if other not in found:
                raise ValueError(f"no study of this name in {asked.parent} or {CONFIG}")
            planned = plan(PROJECT / "Snakefile", found[other], everything=True)
            yield planned, Facts(planned.study, CONFIG / "architectures")
        except (ValueError, OSError, WorkflowError) as error:
            print(f"benchmarks/{other}: not counted: {error}", file=sys.stderr)


def told(asked: argparse.Namespace) -> list[str]:
    """The lines of the page that is asked for."""
    here = gpus_here()
    gpus = (here or bool(asked.device)) if asked.gpus is None else asked.gpus
    same = asked.device is None and bool(here) == bool(gpus)
    machine = Machine(asked.cores, gpus, asked.device or device_here() or USUAL, same)
    config = {} if asked.without is None else {"without": asked.without}
    study, granted = asked.study.resolve(), max(1, machine.gpus)
    read_yaml(study)  # says file and line of broken YAML, which Snakemake does not
    found = plan(PROJECT / "Snakefile", study, config, machine.cores, granted, asked.finished)
    facts = Facts(found.study, CONFIG / "architectures")
    if asked.finished:
        return finished(found, facts, machine)
    return page(found, facts, machine, [*measured_studies(study, facts.config["study"])])


def main() -> int:
    """The exit status: 0, or 1 with one line on the terminal."""
    logging.disable(logging.CRITICAL)
    try:
        print("\n".join(told(arguments())))
    except (ValueError, OSError, WorkflowError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
