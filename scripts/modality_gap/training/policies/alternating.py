"""A temperature that goes and comes back (yaras2024, App. D.1)."""

import math

from modality_gap.training.policies import linear


class Temperature(linear.Temperature):
    """τ goes from `first` to `last` and back along a cosine, `cycles` times (A0, A1)."""

    def __init__(self, first: float, last: float, cycles: float):
        super().__init__(first, last)
        self.cycles = cycles

    def temperature(self, progress: float) -> float:
        """τ at a share of training, from 0 to 1."""
        there = (1 - math.cos(2 * math.pi * self.cycles * progress)) / 2
        return self.value + there * (self.last - self.value)
