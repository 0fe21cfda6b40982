"""What 1/τ is at each point of training (yaras2024, Sec. 4.1, App. D.1)."""

from importlib import import_module

import torch


def build_temperature(settings: dict) -> torch.nn.Module:
    """The policy that a run's `temperature` asks for: its `policy`, and what that one takes.

    A policy is the class `Temperature` of the module of `training.policies` that is named after it:
    `logit_scale(progress)` gives 1/τ at a share of training from 0 to 1, and `after_step()` is
    called after each step of the optimizer.
    """
    settings = dict(settings)
    module = import_module(f"modality_gap.training.policies.{settings.pop('policy')}")
    return module.Temperature(**settings)
