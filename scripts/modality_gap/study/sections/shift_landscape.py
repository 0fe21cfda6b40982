"""The loss along the gap."""

from typing import Annotated

from pydantic import Field

from modality_gap.study.base import Keys, Several, Shifts, distinct

LogitScale = Annotated[float, Field(gt=0, le=350)]  # 1/τ; beyond, exp leaves float32


class Section(Keys):
    """Shifts, temperatures and the batches of the loss."""

    shifts: Shifts
    logit_scales: distinct(LogitScale)
    batch_size: Several


DEFAULT = {
    "shifts": {"first": -4, "last": 4, "number": 81},
    "logit_scales": [100, 50, 30, 20, 10, 1],
    "batch_size": 50,
}
