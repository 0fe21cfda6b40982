"""The training loop: one for all runs, from scratch or on from other weights."""

import logging
import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import open_clip
import torch
import torch.distributed as distributed
from torch.distributed.nn.functional import all_gather
from torch.nn.functional import normalize

from modality_gap.data.file_kinds import damaged_files
from modality_gap.models.embed import (
    autocast,
    device_name,
    device_of,
    encode_distinct_texts,
    scale_pixels,
)
from modality_gap.training.data import CaptionedImages
from modality_gap.training.schedule import (
    Schedule,
    build_learning_rate,
    build_optimizer,
    evaluation_steps,
)

log = logging.getLogger(__name__)

Features = tuple[torch.Tensor, torch.Tensor]
contrastive_loss = open_clip.ClipLoss()


def train(
    model: open_clip.CLIP,
    data: CaptionedImages,
    schedule: Schedule,
    temperature: torch.nn.Module,
    change_features: Callable[[torch.Tensor, torch.Tensor, int], Features],
    evaluate: Callable[[], dict[str, float]],
    checkpoint: str | Path,
    identity: str,
    augment: Callable[[torch.Tensor, int], torch.Tensor] | None = None,
    report: Callable[[dict], None] = lambda row: None,
) -> list[dict]:
    """Train a model in place; return its trajectory, a row an evaluation.

    temperature: a policy of `training.policies`. change_features: what happens to the raw image
    and text features, both of shape (n, d), before the loss, given the number of the step. evaluate:
    measures of the model as it is, by name. augment: what happens to the images of a step, shape
    (n, 3, h, w), float. checkpoint: where progress is kept at each evaluation, so that an
    interrupted run goes on from there to the same numbers; a checkpoint that was written under
    another `identity` (what the run depends on) is not used. Where several processes train
    together, each brings its share of every batch, and the first one evaluates and keeps progress.
    Rows hold step, device, epoch, seconds, loss (mean since the row before; NaN at the start),
    temperature, and what `evaluate` gives. Raises ValueError where the loss is not finite, where
    memory does not suffice, or where no weight has a name of `trainable`.
    """
    steps = schedule.epochs * data.steps_per_epoch
    optimizer = build_optimizer(model, temperature, schedule)
    learning_rate = build_learning_rate(optimizer, schedule, steps)
    parts = {"model": model, "temperature": temperature}
    parts |= {"optimizer": optimizer, "learning_rate": learning_rate}
    evaluate_at = evaluation_steps(steps, schedule.evaluations)
    state = load_progress(checkpoint, identity, parts)
    # None may write a checkpoint before all have looked whether there is one.
    wait_for_all()
    rows, losses, step = state["rows"], [], state["step"]
    started = time.monotonic() - (rows[-1]["seconds"] if rows else 0)

    def objective(images: torch.Tensor, texts: torch.Tensor) -> torch.Tensor:
        images, texts = change_features(gather(images), gather(texts), step)
        return contrastive_loss(images, texts, temperature.logit_scale(step / steps))

    def record() -> None:
        tell_model(model, temperature, step / steps)
        if is_first_process():
            row = {
                "step": step,
                "device": device_name(device_of(model)),
                "epoch": step / data.steps_per_epoch,
                "seconds": time.monotonic() - started,
                "loss": torch.stack(losses).mean().item() if losses else math.nan,
                "temperature": 1 / temperature.logit_scale(step / steps).item(),
            }
            rows.append(row | evaluate())
            save_progress(checkpoint, identity, parts, step, rows)
            report(rows[-1])
        wait_for_all()
        losses.clear()

    if step == 0 and not rows:
        record()
    while step < steps:
        epoch, first = divmod(step, data.steps_per_epoch)
        for pixels, tokens in data.batches(epoch, first):
            model.train()
            inputs = scale_pixels(pixels, model)
            if augment is not None:
                inputs = augment(inputs, step)
            optimizer.zero_grad(set_to_none=True)
            with memory_told(step, schedule.accumulation, checkpoint):
                losses.append(backward(model, inputs, tokens, schedule, objective))
            add_gradients(optimizer)
            optimizer.step()
            learning_rate.step()
            temperature.after_step()
            step += 1
            if step in evaluate_at:
                check_finite(losses, step, checkpoint)
                record()
    model.eval()
    return rows


@contextmanager
def memory_told(step: int, accumulation: int, checkpoint: str | Path) -> Iterator[None]:
    """Turn a lack of memory into a ValueError that says what to change."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise ValueError(
            f"out of memory in step {step}: expected a smaller batch_size, or a larger "
            f"accumulation than {accumulation}; the last good state is in {checkpoint}"
        ) from error


def check_finite(losses: list[torch.Tensor], step: int, checkpoint: str | Path) -> None:
    """Raise ValueError where some loss since the last record is not a finite number."""
    if not torch.stack(losses).isfinite().all():
        raise ValueError(
            f"the loss is not finite after step {step}: training diverged; "
            f"the last good state is in {checkpoint}"
        )


def backward(
    model: open_clip.CLIP,
    inputs: torch.Tensor,
    tokens: torch.Tensor,
    schedule: Schedule,
    objective: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
) -> torch.Tensor:
    """Add the loss's gradients to the weights; return the loss.

    In several pieces, the features are computed twice: once for the loss of the whole batch and
    its gradient by them, and once, piece by piece, to pass that gradient on. It is the gradient of
    the whole batch, but where batch normalisation sees a piece only.
    """
    if schedule.accumulation == 1:
        loss = objective(*batch_features(model, inputs, tokens, schedule.precision))
        loss.backward()
        return loss.detach()
    pieces = list(
        zip(inputs.chunk(schedule.accumulation), tokens.chunk(schedule.accumulation), strict=True)
    )
    with torch.no_grad():
        features = [batch_features(model, *piece, schedule.precision) for piece in pieces]
    whole = [torch.cat(side).requires_grad_() for side in zip(*features, strict=True)]
    loss = objective(*whole)
    loss.backward()
    sizes = [len(images) for images, _ in features]
    gradients = zip(*(side.grad.split(sizes) for side in whole), strict=True)
    for piece, gradient in zip(pieces, gradients, strict=True):
        own = batch_features(model, *piece, schedule.precision)
        torch.autograd.backward(own, gradient)
    return loss.detach()


def batch_features(
    model: open_clip.CLIP, inputs: torch.Tensor, tokens: torch.Tensor, precision: str
) -> Features:
    """Raw image and text features, both of shape (n, d), float32; inputs: of `scale_pixels`."""
    with autocast(device_of(model), precision):
        images = model.encode_image(inputs.contiguous(memory_format=torch.channels_last))
        texts = encode_distinct_texts(model, tokens)
    return images.float(), texts.float()


def unit_features(
    model: open_clip.CLIP, inputs: torch.Tensor, tokens: torch.Tensor, precision: str
) -> Features:
    """`batch_features` of unit length as training sees them: with the statistics of the batch."""
    model.train()
    images, texts = batch_features(model, inputs, tokens, precision)
    return normalize(images, dim=-1), normalize(texts, dim=-1)


def is_first_process() -> bool:
    """Whether this process is the only one, or the first of those that train together."""
    return not distributed.is_initialized() or distributed.get_rank() == 0


def wait_for_all() -> None:
    """Go on when all processes that train together have come here."""
    if distributed.is_initialized():
        distributed.barrier()


def gather(features: torch.Tensor) -> torch.Tensor:
    """The features of all processes, with their gradients; shape (n of all, d)."""
    return torch.cat(all_gather(features)) if distributed.is_initialized() else features


def add_gradients(optimizer: torch.optim.Optimizer) -> None:
    """Give every process the gradient of the loss.

    Each process has computed the whole loss, and `gather` returned to each the sum of what all
    processes' losses say of its features: the mean over processes is the gradient.
    """
    if distributed.is_initialized():
        for group in optimizer.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    distributed.all_reduce(weight.grad)
                    weight.grad /= distributed.get_world_size()


def tell_model(model: open_clip.CLIP, temperature: torch.nn.Module, progress: float) -> None:
    """Write the logit scale that a policy has reached into the model's own weight."""
    with torch.no_grad():
        model.logit_scale.copy_(temperature.logit_scale(progress).log())


def save_progress(path, identity: str, parts: dict, step: int, rows: list[dict]) -> None:
    """Write a checkpoint whole or not at all; parts: what has a state, by name."""
    state = {name: part.state_dict() for name, part in parts.items()}
    state |= {"identity": identity, "random": torch.get_rng_state(), "step": step, "rows": rows}
    unfinished = Path(f"{path}.unfinished")
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    torch.save(state, unfinished)
    os.replace(unfinished, path)


def load_progress(path, identity: str, parts: dict) -> dict:
    """Put a checkpoint's state in place and return it; without one, the state of a start.

    A damaged one is not used, which is said.
    """
    start = {"step": 0, "rows": []}
    if not Path(path).is_file():
        return start
    if reasons := damaged_files([path]):
        log.warning("%s: damaged (%s): training begins anew", path, reasons[Path(path)])
        return start
    state = torch.load(path, weights_only=True, map_location="cpu")
    if state["identity"] != identity:
        return start
    for name, part in parts.items():
        part.load_state_dict(state[name])
    torch.set_rng_state(state["random"])
    return state
