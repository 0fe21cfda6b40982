"""Two images that share one caption: what the contrastive loss makes of them."""

import numpy as np
import pandas as pd
from scipy.special import expit

FORMS = ("as defined", "as simplified")


def shared_caption_loss(
    images: np.ndarray, caption: np.ndarray, temperature: float, simplified: bool
) -> np.ndarray:
    """Contrastive loss of two images with one caption, in nats (chowers2026, appendix B).

    images: shape (..., 2, d); caption: shape (..., d), twice in the batch; d₁, d₂ the squared
    distances over τ. As it is defined (the first lines of Eq. 46, and Eq. 6) the loss is
    log 2 + (d₁ + d₂)/2 + log(e^−d₁ + e^−d₂) = 2 log 2 + log cosh((d₁ − d₂)/2): at its minimum
    2 log 2 wherever the images are equally far from the caption, however far that is.
    `simplified` is the last line of Eq. 46, in which the factor 1/2 is lost: that one has
    the single minimum d₁ = d₂ = 0, of the same value.
    """
    distances = ((images - caption[..., None, :]) ** 2).sum(axis=-1) / temperature
    share = 1 if simplified else 0.5
    return (
        np.log(2) + share * distances.sum(axis=-1) + np.logaddexp(*-np.moveaxis(distances, -1, 0))
    )


def shared_caption_gradient(
    images: np.ndarray, caption: np.ndarray, temperature: float, simplified: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Gradient of `shared_caption_loss` by the images, (..., 2, d), and the caption, (..., d)."""
    offsets = images - caption[..., None, :]
    distances = (offsets**2).sum(axis=-1) / temperature
    nearest = expit(distances[..., ::-1] - distances)
    share = 1 if simplified else 0.5
    by_images = 2 / temperature * (share - nearest)[..., None] * offsets
    return by_images, -by_images.sum(axis=-2)


def shared_caption_table(
    gaps: list[float],
    deviation: float,
    seeds: int,
    temperature: float,
    learning_rate: float,
    stops: np.ndarray,
) -> pd.DataFrame:
    """Descent of two images and their one caption in the plane (chowers2026, appendix B).

    Starts: images N((0, gap/2), σ²I), caption N((0, −gap/2), σ²I), a seed a start. stops: ascending
    step numbers, 0 being the start.
    Columns loss_form (`as defined`, `as simplified`), initial_gap, seed, step, loss, modality_gap
    (distance between the images' centre and the caption), difference (|d₁ − d₂|), and closing_gap:
    what the initial gap is after that step of the simplified loss if both images coincide.
    """
    cases = pd.DataFrame(
        [(gap, seed) for gap in gaps for seed in range(seeds)], columns=["initial_gap", "seed"]
    )
    starts = np.stack(
        [np.random.default_rng(seed).normal(0, deviation, (3, 2)) for seed in cases.seed]
    )
    starts[:, :2, 1] += cases[["initial_gap"]].to_numpy() / 2
    starts[:, 2, 1] -= cases.initial_gap.to_numpy() / 2
    tables = []
    for form in FORMS:
        simplified = form == "as simplified"
        images, caption = starts[:, :2].copy(), starts[:, 2].copy()
        step = 0
        for stop in stops:
            for _ in range(stop - step):
                by_images, by_caption = shared_caption_gradient(
                    images, caption, temperature, simplified
                )
                images -= learning_rate * by_images
                caption -= learning_rate * by_caption
            step = stop
            distances = ((images - caption[:, None]) ** 2).sum(axis=-1) / temperature
            found = cases.assign(
                loss_form=form,
                step=step,
                loss=shared_caption_loss(images, caption, temperature, simplified),
                modality_gap=np.linalg.norm(images.mean(axis=1) - caption, axis=-1),
                difference=np.abs(distances[:, 0] - distances[:, 1]),
                closing_gap=cases.initial_gap * (1 - 3 * learning_rate / temperature) ** step,
            )
            tables.append(found)
    return pd.concat(tables, ignore_index=True)
