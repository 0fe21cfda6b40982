"""How a run is optimised: optimizer, learning rate, and when it is measured."""

import math
from dataclasses import dataclass

import torch

OPTIMIZERS = {"adamw": torch.optim.AdamW, "adam": torch.optim.Adam}


@dataclass
class Schedule:
    """How a run is optimised.

    optimizer: a name of `OPTIMIZERS`. decay: of the learning rate after `warmup`, the share of
    training in which it rises: `one_cycle`, `cosine` or `none`. trainable: starts of the names of
    the weights that learn; None: all. accumulation: in how many pieces a batch goes through the
    network; the loss is of the whole batch.
    """

    epochs: int
    learning_rate: float
    weight_decay: float
    betas: tuple[float, float]
    eps: float
    warmup: float
    precision: str
    evaluations: int
    optimizer: str = "adamw"
    decay: str = "one_cycle"
    trainable: list[str] | None = None
    accumulation: int = 1


def build_optimizer(
    model: torch.nn.Module, temperature: torch.nn.Module, schedule: Schedule
) -> torch.optim.Optimizer:
    """Weight decay for matrices and kernels, but not for gains, biases and temperature (CLIP).

    What does not learn (not named by `trainable`, or the model's own logit scale, in whose place
    the temperature policy stands) gets no gradient.
    """
    for name, weight in model.named_parameters():
        chosen = schedule.trainable is None or name.startswith(tuple(schedule.trainable))
        weight.requires_grad_(chosen and name != "logit_scale")
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    if not weights:
        raise ValueError(
            f"trainable: no weight's name starts with {' or '.join(schedule.trainable)}"
        )
    groups = [
        {"params": [w for w in weights if w.ndim >= 2], "weight_decay": schedule.weight_decay},
        {"params": [w for w in weights if w.ndim < 2], "weight_decay": 0.0},
        {
            "params": list(temperature.parameters()),
            "weight_decay": 0.0,
            "lr": schedule.learning_rate * getattr(temperature, "learning_rate_share", 1.0),
        },
    ]
    return OPTIMIZERS[schedule.optimizer](
        [group for group in groups if group["params"]],
        lr=schedule.learning_rate,
        betas=schedule.betas,
        eps=schedule.eps,
    )


def build_learning_rate(
    optimizer: torch.optim.Optimizer, schedule: Schedule, steps: int
) -> torch.optim.lr_scheduler.LRScheduler:
    """The learning rate by step; each group of weights keeps its share of the peak."""
    if schedule.decay == "one_cycle":
        peaks = [group["lr"] for group in optimizer.param_groups]
        return torch.optim.lr_scheduler.OneCycleLR(
            optimizer, peaks, total_steps=steps, pct_start=schedule.warmup
        )
    warmup = schedule.warmup * steps

    def share_of_peak(step: int) -> float:
        if step < warmup:
            return (step + 1) / (warmup + 1)
        done = (step - warmup) / max(1, steps - warmup)
        return (1 + math.cos(math.pi * done)) / 2 if schedule.decay == "cosine" else 1.0

    return torch.optim.lr_scheduler.LambdaLR(optimizer, share_of_peak)


def evaluation_steps(steps: int, number: int) -> set[int]:
    """After which steps the model is measured and its progress kept; the last is among them."""
    return {round(steps * (index + 1) / number) for index in range(number)}
