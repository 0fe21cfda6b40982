"""Temperature policies: what 1/τ is at each point of training."""

import math

import torch


class LearnedTemperature:
    """1/τ = exp(ν) with ν learned, as in CLIP; 1/τ never exceeds `max_logit_scale`.

    start: the temperature τ that training starts from.
    """

    def __init__(self, model: torch.nn.Module, start: float, max_logit_scale: float):
        self.log_scale = model.logit_scale
        self.max_log_scale = math.log(max_logit_scale)
        with torch.no_grad():
            self.log_scale.fill_(-math.log(start))

    def logit_scale(self, progress: float) -> torch.Tensor:
        """1/τ; progress: the share of training that is done, from 0 to 1."""
        return self.log_scale.exp()

    def after_step(self) -> None:
        """Keep 1/τ within its bound."""
        with torch.no_grad():
            self.log_scale.clamp_(max=self.max_log_scale)


POLICIES = {"learned": LearnedTemperature}
