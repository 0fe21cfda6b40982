"""Say in one line whether a study is as it should be: python scripts/check_study.py FILE.

Snakemake reads a study before it reads this workflow, and of broken YAML it says no line.
"""

import sys
from pathlib import Path

from modality_gap.study import Study
from modality_gap.study.errors import read_yaml

ARCHITECTURES = Path(__file__).parents[1] / "config/architectures"


def check(file: str) -> None:
    """Raise ValueError or OSError, with one line, where a study is not as it should be."""
    study = Study.read(read_yaml(file), [file], ARCHITECTURES)
    for missing in filter(None, map(study.originals.missing, study.config["corpora"])):
        raise FileNotFoundError(missing)


def main(file: str) -> int:
    """The exit status: 0 where the study is valid, else 1, with what is wrong on the terminal."""
    try:
        check(file)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    except RecursionError:
        print(f"{file}: nested too deeply, or an entry that holds itself", file=sys.stderr)
        return 1
    print(f"{file}: a valid study")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
