"""A temperature that stays as it is (yaras2024, Sec. 4.1)."""

import torch


class Temperature(torch.nn.Module):
    """One τ throughout (fixed on large temperature)."""

    def __init__(self, value: float):
        super().__init__()
        self.value = value

    def temperature(self, progress: float) -> float:
        """τ at a share of training, from 0 to 1."""
        return self.value

    def logit_scale(self, progress: float) -> torch.Tensor:
        """1/τ; progress: the share of training that is done, from 0 to 1."""
        return torch.tensor(1 / self.temperature(progress))

    def after_step(self) -> None:
        """Nothing is learned."""
