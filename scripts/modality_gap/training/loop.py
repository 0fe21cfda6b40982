"""The training loop."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import open_clip
import torch
from torch.nn.functional import normalize

from modality_gap.encoders import autocast, device_of, encode_text, scale_pixels
from modality_gap.training.data import CaptionedImages

Features = tuple[torch.Tensor, torch.Tensor]
contrastive_loss = open_clip.ClipLoss()


@dataclass
class Schedule:
    """How a run is optimised: AdamW with a one-cycle learning rate."""

    epochs: int
    learning_rate: float
    weight_decay: float
    betas: tuple[float, float]
    eps: float
    warmup: float
    precision: str
    evaluations_per_epoch: int


def train(
    model: open_clip.CLIP,
    data: CaptionedImages,
    schedule: Schedule,
    temperature,
    evaluate: Callable[[], dict[str, float]],
    checkpoint: str | Path,
    identity: str,
    augment: Callable[[torch.Tensor, int], torch.Tensor] | None = None,
    change_features: Callable[[torch.Tensor, torch.Tensor, float], Features] | None = None,
    report: Callable[[dict], None] = lambda row: None,
) -> list[dict]:
    """Train a model in place; return its trajectory, a row an evaluation.

    temperature: a policy of `training.temperature`. evaluate: measures of the model as it is, by
    name. augment: what happens to the images of a step, shape (n, 3, h, w), float.
    change_features: what happens to the unit-length image and text features, both of shape
    (n, d), before the loss, given the share of training done. checkpoint: where progress is kept
    at each evaluation, so that an interrupted run goes on from there to the same numbers; a
    checkpoint that was written under another `identity` (what the run depends on) is not used.
    Rows hold step, epoch, seconds, loss (mean since the row before; NaN at the start),
    temperature, and what `evaluate` gives. Raises ValueError where the loss is not finite.
    """
    steps = schedule.epochs * data.steps_per_epoch
    optimizer = build_optimizer(model, schedule)
    learning_rate = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, schedule.learning_rate, total_steps=steps, pct_start=schedule.warmup
    )
    evaluate_at = evaluation_steps(data.steps_per_epoch, schedule)
    state = load_progress(checkpoint, identity, model, optimizer, learning_rate)
    rows, losses, step = state["rows"], [], state["step"]
    started = time.monotonic() - (rows[-1]["seconds"] if rows else 0)

    def record() -> None:
        rows.append(
            {
                "step": step,
                "epoch": step / data.steps_per_epoch,
                "seconds": time.monotonic() - started,
                "loss": torch.stack(losses).mean().item() if losses else float("nan"),
                "temperature": 1 / temperature.logit_scale(step / steps).item(),
                **evaluate(),
            }
        )
        losses.clear()
        save_progress(checkpoint, identity, model, optimizer, learning_rate, step, rows)
        report(rows[-1])

    if not rows:
        record()
    while step < steps:
        epoch, first = divmod(step, data.steps_per_epoch)
        for pixels, tokens in data.batches(epoch, first):
            inputs = scale_pixels(pixels, model)
            if augment is not None:
                inputs = augment(inputs, step)
            images, texts = unit_features(model, inputs, tokens, schedule.precision)
            if change_features is not None:
                images, texts = change_features(images, texts, step / steps)
            loss = contrastive_loss(images, texts, temperature.logit_scale(step / steps))
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            learning_rate.step()
            temperature.after_step()
            losses.append(loss.detach())
            step += 1
            if step in evaluate_at:
                if not torch.stack(losses).isfinite().all():
                    raise ValueError(
                        f"the loss is not finite after step {step}: training diverged; "
                        f"the last good state is in {checkpoint}"
                    )
                record()
    model.eval()
    return rows


def unit_features(
    model: open_clip.CLIP, inputs: torch.Tensor, tokens: torch.Tensor, precision: str
) -> Features:
    """Unit-length image and text features as training sees them, both of shape (n, d).

    inputs: of `scale_pixels`. Batch normalisation uses the statistics of the batch.
    """
    model.train()
    with autocast(device_of(model), precision):
        images = model.encode_image(inputs.contiguous(memory_format=torch.channels_last))
        texts = encode_text(model, tokens)
    return normalize(images.float(), dim=-1), normalize(texts.float(), dim=-1)


def build_optimizer(model: torch.nn.Module, schedule) -> torch.optim.Optimizer:
    """AdamW that decays matrices and kernels, but no gains, biases or temperature (CLIP).

    schedule: has weight_decay, learning_rate, betas and eps.
    """
    decayed = [p for p in model.parameters() if p.ndim >= 2]
    others = [p for p in model.parameters() if p.ndim < 2]
    groups = [
        {"params": decayed, "weight_decay": schedule.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(
        groups, lr=schedule.learning_rate, betas=schedule.betas, eps=schedule.eps
    )


def evaluation_steps(steps_per_epoch: int, schedule: Schedule) -> set[int]:
    """After which steps the model is measured and its progress kept; the last is among them."""
    number = schedule.epochs * schedule.evaluations_per_epoch
    last = schedule.epochs * steps_per_epoch
    return {round(last * (index + 1) / number) for index in range(number)}


def save_progress(path, identity, model, optimizer, learning_rate, step, rows) -> None:
    """Write a checkpoint whole or not at all."""
    state = {
        "identity": identity,
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "learning_rate": learning_rate.state_dict(),
        "random": torch.get_rng_state(),
        "step": step,
        "rows": rows,
    }
    unfinished = Path(f"{path}.unfinished")
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    torch.save(state, unfinished)
    os.replace(unfinished, path)


def load_progress(path, identity, model, optimizer, learning_rate) -> dict:
    """Put a checkpoint's state in place and return it; without one, the state of a start."""
    start = {"step": 0, "rows": []}
    if not Path(path).is_file():
        return start
    state = torch.load(path, weights_only=True, map_location="cpu")
    if state["identity"] != identity:
        return start
    model.load_state_dict(state["model"])
    optimizer.load_state_dict(state["optimizer"])
    learning_rate.load_state_dict(state["learning_rate"])
    torch.set_rng_state(state["random"])
    return state
