"""Six pairs on a sphere."""

from typing import Annotated

from pydantic import Field

from modality_gap.study.base import Keys, Positive, distinct


class Section(Keys):
    """Spacings and steps in degrees, logit scales 1/τ."""

    spacings: distinct(Annotated[float, Field(gt=0, le=60)])
    logit_scales: distinct(Positive)
    step: Annotated[float, Field(gt=0, le=45)]
