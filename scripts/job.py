"""What surrounds every script: its log file, its threads, and errors in one line."""

import sys
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from threadpoolctl import threadpool_limits


@contextmanager
def job(snakemake) -> Iterator[None]:
    """Run a script's body as a job of the workflow.

    Numeric libraries use the job's threads. Where embeddings do not define what is measured, the
    outputs say why (`write_undefined`), and the study goes on. Any other error ends the job with one line that names what
    was wrong, on the terminal and in the log; the log holds the whole traceback before it.
    """
    log = Path(snakemake.log[0])
    try:
        with threadpool_limits(snakemake.threads):
            yield
    except Exception as error:
        if type(error).__name__ == "UndefinedError":
            write_undefined(snakemake, str(error))
            return
        expected = isinstance(error, ValueError | OSError)
        reason = str(error) if expected else f"{type(error).__name__}: {error}"
        which = ", ".join(snakemake.wildcards)
        line = f"{snakemake.rule} ({which}): {' '.join(reason.split())}"
        with log.open("a") as lines:
            lines.write(f"{traceback.format_exc()}\n{line}\n")
        print(line, file=sys.stderr)
        sys.exit(1)


def say(snakemake, remarks: Iterable[str]) -> None:
    """Put remarks on what a job left out, merged or cut, a line each, into its log and the terminal."""
    which = ", ".join(snakemake.wildcards)
    with Path(snakemake.log[0]).open("a", encoding="utf-8") as log:
        for remark in remarks:
            print(remark, file=log)
            print(f"{snakemake.rule} ({which}): note: {remark}", file=sys.stderr)


def write_undefined(snakemake, reason: str) -> None:
    """Outputs that say why there is nothing to measure: tables without rows, figures with a line.

    An output that was written before what is not defined was asked for stays.
    """
    # Of all jobs only these few need them.
    import pandas as pd

    remark = f"not defined: {reason}"
    say(snakemake, [remark])
    for output in snakemake.output:
        if Path(output).exists():
            continue
        if output.endswith(".parquet"):
            table = pd.DataFrame()
            table.attrs = {"undefined": reason, "remarks": [remark]}
            table.to_parquet(output)
        else:
            from modality_gap.plots.style import blank, save

            save(blank(reason), [output])


def architectures(snakemake) -> Path:
    """The folder of the project's own architecture files."""
    return Path(snakemake.scriptdir).parent / "config/architectures"
