"""Temperature policies: what 1/τ is at each point of training (yaras2024, Sec. 4.1, App. D.1)."""

import math

import torch


class LearnedTemperature(torch.nn.Module):
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


class FixedTemperature(torch.nn.Module):
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


class LinearTemperature(FixedTemperature):
    """τ moves evenly from `first` to `last` (temperature scheduling, S0 to S3)."""

    def __init__(self, first: float, last: float):
        super().__init__(first)
        self.last = last

    def temperature(self, progress: float) -> float:
        """τ at a share of training, from 0 to 1."""
        return self.value + progress * (self.last - self.value)


class AlternatingTemperature(LinearTemperature):
    """τ goes from `first` to `last` and back along a cosine, `cycles` times (A0, A1)."""

    def __init__(self, first: float, last: float, cycles: float):
        super().__init__(first, last)
        self.cycles = cycles

    def temperature(self, progress: float) -> float:
        """τ at a share of training, from 0 to 1."""
        there = (1 - math.cos(2 * math.pi * self.cycles * progress)) / 2
        return self.value + there * (self.last - self.value)


POLICIES = {
    "learned": LearnedTemperature,
    "fixed": FixedTemperature,
    "linear": LinearTemperature,
    "alternating": AlternatingTemperature,
}


def build_temperature(settings: dict) -> torch.nn.Module:
    """The policy that a run's `temperature` asks for: its `policy`, and what that one takes."""
    settings = dict(settings)
    return POLICIES[settings.pop("policy")](**settings)
