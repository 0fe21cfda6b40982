"""What surrounds a script that measures what some embeddings do not define."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from job import say
from modality_gap.data.embeddings import UndefinedError
from modality_gap.data.stored import read_pool, read_sample


def write_empty(output: str, error: UndefinedError) -> None:
    """Write a table without rows, with the reason in its attributes `undefined` and `remarks`."""
    table = pd.DataFrame()
    table.attrs = {"undefined": str(error), "remarks": [f"not defined: {error}"]}
    table.to_parquet(output)


@contextmanager
def measured(
    snakemake, write: Callable[[str, UndefinedError], None] = write_empty
) -> Iterator[None]:
    """Where what is asked for is not defined, outputs that say why; then the study goes on.

    write: an output that says why. One that was written before the undefined was asked for stays.
    """
    try:
        yield
    except UndefinedError as error:
        say(snakemake, [f"not defined: {error}"])
        for output in snakemake.output:
            if not Path(output).exists():
                write(output, error)


def pool(snakemake) -> tuple[tuple, dict]:
    """What `stored.read_pool` has, of no more images than the study's `sample` says.

    The second is for the attributes of tables: which sample it is, said on the terminal too.
    """
    sample = snakemake.params.sample
    folder = Path(snakemake.input.images).parent
    found, remarks = read_pool(folder, sample["pairs"], sample["seed"])
    say(snakemake, remarks)
    return found, {"sampled": remarks, "remarks": remarks} if remarks else {}


def samples_measured(
    snakemake, measure: Callable[[np.ndarray, np.ndarray], pd.DataFrame]
) -> pd.DataFrame:
    """What is measured of a sample of each encoder's pairs, in one table with a column encoder.

    measure: of matched images and texts. An encoder for which it is not defined is left out and
    said. Raises UndefinedError where it is for none.
    """
    params, tables, remarks = snakemake.params, [], []
    for encoder, file in zip(params.encoders, snakemake.input.images, strict=True):
        try:
            table = measure(*read_sample(file, params.number, params.seed))
            tables.append(table.assign(encoder=encoder))
        except UndefinedError as error:
            remarks.append(f"not defined: {encoder}: {error}")
    if not tables:
        raise UndefinedError(remarks[0].removeprefix("not defined: "))
    say(snakemake, remarks)
    found = pd.concat(tables)
    found.attrs["remarks"] = remarks
    return found
