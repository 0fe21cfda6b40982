"""Say what a study will cost before it runs: python scripts/plan_study.py [FILE] [--help].

Its jobs, what it downloads, disk, memory, hours of GPUs and cores; or, of a study that has run, what
would have been forecast beside what it took.
"""

import argparse
import logging
import os
import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError

from modality_gap.cost.forecast import Machine
from modality_gap.cost.gpus import device_here, gpus_here
from modality_gap.cost.jobs import plan
from modality_gap.cost.page import finished, page
from modality_gap.cost.stated import DEVICES, USUAL
from modality_gap.cost.work import Facts

PROJECT = Path(__file__).parents[1]


def arguments() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("study", nargs="?", type=Path, default=PROJECT / "config/config.yaml")
    parser.add_argument("--without", help="corpora, encoders, runs, with commas: as of --config")
    parser.add_argument("--cores", type=int, default=os.cpu_count(), help="default: this machine's")
    parser.add_argument("--gpus", type=int, help="default: this machine's")
    parser.add_argument("--device", choices=DEVICES, help="which GPU; default: this machine's")
    parser.add_argument(
        "--finished", action="store_true", help="of a study that has run: forecast and taken"
    )
    return parser.parse_args()


def main() -> int:
    """The exit status: 0, or 1 with one line on the terminal."""
    asked = arguments()
    gpus = gpus_here() if asked.gpus is None else asked.gpus
    here = asked.device is None and bool(gpus_here()) == bool(gpus)
    machine = Machine(asked.cores, gpus, asked.device or device_here() or USUAL, here)
    config = {} if asked.without is None else {"without": asked.without}
    logging.disable(logging.CRITICAL)
    try:
        found = plan(
            PROJECT / "Snakefile",
            asked.study.resolve(),
            config,
            machine.cores,
            max(1, machine.gpus),
            everything=asked.finished,
        )
        facts = Facts(found.study, PROJECT / "config/architectures")
        print("\n".join((finished if asked.finished else page)(found, facts, machine)))
    except (ValueError, OSError, WorkflowError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
