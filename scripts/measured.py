"""What surrounds a script that measures or draws what some embeddings do not define."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

from job import say
from modality_gap.embeddings import UndefinedError
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
