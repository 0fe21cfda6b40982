"""A temperature on a straight schedule (yaras2024, App. D.1)."""

from modality_gap.training.policies import fixed


class Temperature(fixed.Temperature):
    """τ moves evenly from `first` to `last` (temperature scheduling, S0 to S3)."""

    def __init__(self, first: float, last: float):
        super().__init__(first)
        self.last = last

    def temperature(self, progress: float) -> float:
        """τ at a share of training, from 0 to 1."""
        return self.value + progress * (self.last - self.value)
