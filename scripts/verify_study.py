"""Say whether a finished study's files are still those that it recorded: python scripts/verify_study.py FILE.

FILE: the study's YAML. Its record is results/<study>/ro-crate-metadata.json.
"""

import sys
from pathlib import Path

from modality_gap.provenance import differences
from modality_gap.study.errors import read_yaml


def main(file: str) -> int:
    """The exit status: 0 where every file is as recorded, else 1, with those that are not."""
    try:
        folder = Path("results") / str(read_yaml(file)["study"])
        found = differences(folder)
    except (ValueError, KeyError, OSError) as error:
        print(f"{file}: no study" if isinstance(error, KeyError) else error, file=sys.stderr)
        return 1
    if found:
        print(*found, f"{len(found)} files are not as recorded", sep="\n", file=sys.stderr)
        return 1
    print(f"{folder}: every file is as recorded")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
