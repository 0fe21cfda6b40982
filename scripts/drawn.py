"""What surrounds a script that draws what some embeddings do not define."""

from contextlib import AbstractContextManager

from measured import measured
from modality_gap.plots.style import blank, save


def drawn(snakemake) -> AbstractContextManager[None]:
    """Where what is to be drawn is not defined, figures of one line that say why."""
    return measured(snakemake, lambda output, error: save(blank(str(error)), [output]))
