"""The gap in the very first steps of training (yaras2024, Fig. 4b)."""

from itertools import chain, islice

import open_clip

from modality_gap.measures.gap import modality_gap
from modality_gap.models.embed import scale_pixels
from modality_gap.training.data import CaptionedImages
from modality_gap.training.loop import contrastive_loss, unit_features
from modality_gap.training.schedule import Schedule, build_optimizer


def first_steps(
    model: open_clip.CLIP, data: CaptionedImages, schedule: Schedule, temperature, steps: int
) -> list[dict]:
    """Train for some steps at the peak learning rate, without warm-up; a row a step.

    temperature: a policy of `training.policies`. Rows hold step (from 1), loss, temperature and
    modality_gap, each of the step's own batch before its update, as training sees them: batch
    normalisation uses the statistics of the batch. The last row is the batch of step `steps`.
    """
    optimizer = build_optimizer(model, temperature, schedule)
    rows = []
    epochs = range(-(-steps // data.steps_per_epoch))
    batches = islice(chain.from_iterable(map(data.batches, epochs)), steps)
    for step, (pixels, tokens) in enumerate(batches, start=1):
        inputs = scale_pixels(pixels, model)
        images, texts = unit_features(model, inputs, tokens, schedule.precision)
        loss = contrastive_loss(images, texts, temperature.logit_scale(0.0))
        rows.append(
            {
                "step": step,
                "loss": loss.item(),
                "temperature": 1 / temperature.logit_scale(0.0).item(),
                "modality_gap": modality_gap(*(x.detach().cpu().numpy() for x in (images, texts))),
            }
        )
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        temperature.after_step()
    return rows
