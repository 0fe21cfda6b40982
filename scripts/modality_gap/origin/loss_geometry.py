"""What the contrastive loss of a few free embeddings rewards: exact and first-order results."""

import numpy as np
import pandas as pd
from scipy.special import expit

from modality_gap.origin.free_embeddings import (
    assignment_sums,
    contrastive_loss,
    gradient,
    isotropic_start,
)

POINTS = np.array([[-1.0, 0.0], [0.0, 0.0], [1.0, 0.0]])
LENGTHS = np.linspace(0, 2, 41)
RATIOS = np.geomspace(0.1, 10, 21)
DOWN, ALONG = np.array([0.0, -1.0]), np.array([-1.0, 0.0])


def arrangements() -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Three pairs in the plane, with and without a gap and a match, by name (chowers2026, Fig. 3).

    Each is (images, texts), both of shape (3, 2); neighbours of a modality are 1 apart.
    """
    swapped = POINTS[[1, 0, 2]]
    return {
        "pairs coincide": (POINTS, POINTS.copy()),
        "gap, every pair matched": (POINTS, POINTS + DOWN),
        "gap, two pairs swapped": (POINTS, swapped + DOWN),
        "no gap, all pairs shuffled": (POINTS, POINTS[[1, 2, 0]]),
    }


def loss_and_slope(x: np.ndarray, y: np.ndarray, temperature: float) -> dict[str, float]:
    """The contrastive loss, and the norm of its gradient over all embeddings together."""
    slope = np.linalg.norm(np.concatenate(gradient(x, y, temperature)))
    return {"loss": float(contrastive_loss(x, y, temperature)), "gradient_norm": float(slope)}


def arrangement_table(temperatures: list[float]) -> pd.DataFrame:
    """Loss and gradient of the `arrangements` (chowers2026, Fig. 3), a row a point.

    Columns arrangement, temperature, loss, gradient_norm, pair, modality, x, y.
    """
    return pd.DataFrame(
        [
            {
                "arrangement": name,
                "temperature": temperature,
                **loss_and_slope(*sides, temperature),
                "pair": pair,
                "modality": modality,
                "x": point[0],
                "y": point[1],
            }
            for name, sides in arrangements().items()
            for temperature in temperatures
            for modality, points in zip(("image", "text"), sides, strict=True)
            for pair, point in enumerate(points)
        ]
    )


def gap_length_table(temperatures: list[float]) -> pd.DataFrame:
    """Loss and gradient of three matched pairs against the gap between them.

    The gap stands across the line on which the points of a modality lie, or along it. Columns gap
    (`across` or `along`), length, temperature, loss, gradient_norm.
    """
    return pd.DataFrame(
        [
            {
                "gap": name,
                "length": length,
                "temperature": temperature,
                **loss_and_slope(POINTS, POINTS + length * direction, temperature),
            }
            for name, direction in (("across", DOWN), ("along", ALONG))
            for temperature in temperatures
            for length in LENGTHS
        ]
    )


def first_order_gradient(
    x: np.ndarray, y: np.ndarray, temperature: float, gap_term_only: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """∂L/∂x and ∂L/∂y of two tight clusters, to first order in their size; shape (n, d) each.

    With a = x − μ_x, b = y − μ_y and g = μ_x − μ_y: ∂L/∂bⱼ ≈ 2/(τN) [(2/τ)(g·bⱼ) g − 2aⱼ], and
    likewise ∂L/∂aᵢ ≈ 2/(τN) [(2/τ)(g·aᵢ) g − 2bᵢ]. The first term shrinks the variance along the
    gap (chowers2026, Theorem 3.1, which keeps only this one: `gap_term_only`). The second one pulls
    partners together and is of the same order: it is the smaller one where ‖g‖² ≫ τ.
    """
    a, b = x - x.mean(axis=0), y - y.mean(axis=0)
    gap = x.mean(axis=0) - y.mean(axis=0)
    scale = 2 / (temperature * len(x))
    partner = 0 if gap_term_only else 2
    return tuple(
        scale * (2 / temperature * np.outer(own @ gap, gap) - partner * other)
        for own, other in ((a, b), (b, a))
    )


def first_order_sums(x: np.ndarray, y: np.ndarray, temperature: float) -> np.ndarray:
    """Sʸⱼ ≈ 1 + (2/τ) g·(yⱼ − μ_y), shape (n,) (chowers2026, Eq. 18)."""
    gap = x.mean(axis=0) - y.mean(axis=0)
    return 1 + 2 / temperature * (y - y.mean(axis=0)) @ gap


def gradient_prediction(
    pairs: int,
    dimension: int,
    gap: float,
    temperatures: list[float],
    deviations: list[float],
    seeds: int,
) -> pd.DataFrame:
    """How well first-order predictions meet the gradient of two clusters (chowers2026, Thm. 3.1).

    A row for each deviation σ of the clusters N(±gap/2, σ²I), temperature, prediction and seed:
    `gap term`, `first order` (both ‖predicted − true‖ / ‖true‖ over all embeddings) and
    `assignment sums` (‖predicted − Sʸ‖ / ‖Sʸ − 1‖), in the column `error`.
    """
    rows = []
    for deviation in deviations:
        for temperature in temperatures:
            for seed in range(seeds):
                x, y = isotropic_start(pairs, dimension, gap, deviation, seed)
                true = np.concatenate(gradient(x, y, temperature))
                sums = assignment_sums(x, y, temperature)[1]
                found = {
                    name: relative_error(
                        np.concatenate(first_order_gradient(x, y, temperature, only)), true
                    )
                    for name, only in (("gap term", True), ("first order", False))
                }
                predicted = first_order_sums(x, y, temperature)
                found["assignment sums"] = relative_error(predicted - 1, sums - 1)
                rows += [
                    {
                        "deviation": deviation,
                        "temperature": temperature,
                        "prediction": prediction,
                        "seed": seed,
                        "error": error,
                    }
                    for prediction, error in found.items()
                ]
    return pd.DataFrame(rows)


def relative_error(predicted: np.ndarray, true: np.ndarray) -> float:
    """‖predicted − true‖ / ‖true‖."""
    return float(np.linalg.norm(predicted - true) / np.linalg.norm(true))


def shrinking_rates(pairs: int, seed: int) -> pd.DataFrame:
    """How fast descent shrinks what small clusters vary by, against ‖g‖²/τ.

    Variation is along the gap or across it; `aligned` where xᵢ − μ_x = yᵢ − μ_y, `opposed` where
    xᵢ − μ_x = −(yᵢ − μ_y). To first order each of the four shrinks (or grows) exponentially of its
    own: at the rate ‖g‖²/τ − 1 and ‖g‖²/τ + 1 along the gap, −1 and +1 across it, in units of
    4/(τN). The variance along the gap thus shrinks for good only where ‖g‖² > τ, and a learning rate
    above τ²N/(2(‖g‖² + τ)) overshoots.
    Columns ratio (‖g‖²/τ), direction, partners, rate (measured on the gradient), predicted.
    """
    offsets = np.random.default_rng(seed).normal(0, 1e-5, pairs)
    offsets -= offsets.mean()
    rows = []
    for ratio in RATIOS:
        temperature = 1 / ratio
        for direction, axis in (("along", 1), ("across", 0)):
            for partners, sign in (("aligned", 1), ("opposed", -1)):
                x, y = np.zeros((pairs, 2)), np.zeros((pairs, 2))
                x[:, 1], y[:, 1] = 0.5, -0.5
                x[:, axis] += offsets
                y[:, axis] += sign * offsets
                slope = gradient(x, y, temperature)[0][:, axis]
                rate = slope @ offsets / (offsets @ offsets) * temperature * pairs / 4
                rows.append(
                    {
                        "ratio": ratio,
                        "direction": direction,
                        "partners": partners,
                        "rate": rate,
                        "predicted": (ratio if direction == "along" else 0) - sign,
                    }
                )
    return pd.DataFrame(rows)


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
