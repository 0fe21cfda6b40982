"""A learned temperature, as in CLIP or reparameterised (yaras2024, Sec. 4.1)."""

import math

import torch


class Temperature(torch.nn.Module):
    """1/τ is a function of the learned ν, as in CLIP, and never exceeds `max_logit_scale`.

    start: the temperature τ that training starts from. form: `exp`, 1/τ = exp(ν/divisor), or
    `softplus`, 1/τ = log(1 + exp(ν)) (temperature reparameterisation). learning_rate_share: ν's
    learning rate over that of the weights (smaller learning rate of temperature).
    """

    def __init__(
        self,
        start: float,
        max_logit_scale: float,
        form: str = "exp",
        divisor: float = 1.0,
        learning_rate_share: float = 1.0,
    ):
        super().__init__()
        self.form, self.divisor, self.learning_rate_share = form, divisor, learning_rate_share
        self.max_nu = self.nu_of(max_logit_scale)
        self.nu = torch.nn.Parameter(torch.tensor(self.nu_of(1 / start)))
        self.after_step()

    def nu_of(self, logit_scale: float) -> float:
        """ν that gives a logit scale."""
        if self.form == "softplus":
            return logit_scale + math.log(-math.expm1(-logit_scale))
        return self.divisor * math.log(logit_scale)

    def logit_scale(self, progress: float) -> torch.Tensor:
        """1/τ; progress: the share of training that is done, from 0 to 1."""
        if self.form == "softplus":
            return torch.nn.functional.softplus(self.nu)
        return (self.nu / self.divisor).exp()

    def after_step(self) -> None:
        """Keep 1/τ within its bound."""
        with torch.no_grad():
            self.nu.clamp_(max=self.max_nu)
