"""What surrounds a script that measures or draws what some embeddings do not define."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from job import say
from modality_gap.data.embeddings import UndefinedError, read_sample
from modality_gap.plots.style import blank, save


@contextmanager
def measured(snakemake) -> Iterator[None]:
    """Where what is asked for is not defined, outputs that say why; then the study goes on.

    Tables have no rows and the reason in their attribute `undefined`, figures are a line. An output
    that was written before the undefined was asked for stays.
    """
    try:
        yield
    except UndefinedError as error:
        remark = f"not defined: {error}"
        say(snakemake, [remark])
        for output in snakemake.output:
            if Path(output).exists():
                continue
            if output.endswith(".parquet"):
                table = pd.DataFrame()
                table.attrs = {"undefined": str(error), "remarks": [remark]}
                table.to_parquet(output)
            else:
                save(blank(str(error)), [output])


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
