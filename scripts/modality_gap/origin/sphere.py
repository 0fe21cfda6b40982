"""Six image-text pairs on a sphere: the contrastive loss while the texts move (liang2022, Fig. 3e-g)."""

import numpy as np
import pandas as pd

from modality_gap.origin.contrastive_loss import contrastive_loss

PAIRS = 6
MISMATCHED = [1, 0, 2, 3, 4, 5]  # the first two texts stand where each other's image is


def longitudes(spacing: float) -> np.ndarray:
    """Longitudes of the six pairs in degrees, shape (6,), `spacing` apart."""
    return spacing * (np.arange(PAIRS) - 1.0)


def on_sphere(colatitude: float, longitude: np.ndarray) -> np.ndarray:
    """Points of the unit sphere, shape (n, 3), from degrees; colatitude 90° is the equator."""
    theta, phi = np.radians(colatitude), np.radians(longitude)
    return np.stack(
        [
            np.sin(theta) * np.cos(phi),
            np.sin(theta) * np.sin(phi),
            np.full_like(phi, np.cos(theta)),
        ],
        axis=1,
    )


def place_pairs(spacing: float, shift: float, matched: bool) -> tuple[np.ndarray, np.ndarray]:
    """Images on the equator and their texts `shift` degrees below it, both of shape (6, 3).

    spacing: degrees of longitude between neighbouring pairs. Where not matched, the first two
    texts have changed places (liang2022, Figs. 3e, 9).
    """
    around = longitudes(spacing)
    texts = around if matched else around[MISMATCHED]
    return on_sphere(90, around), on_sphere(90 + shift, texts)


def pair_positions(spacing: float, matched: bool) -> pd.DataFrame:
    """Where the pairs stand while the texts are 45° below their images, for a picture.

    Columns matched, pair, modality, x, y, z.
    """
    tables = []
    for modality, points in zip(("image", "text"), place_pairs(spacing, 45, matched), strict=True):
        table = pd.DataFrame(points, columns=["x", "y", "z"])
        tables.append(table.assign(matched=matched, pair=range(PAIRS), modality=modality))
    return pd.concat(tables, ignore_index=True)


def sphere_landscape(
    spacings: list[float], logit_scales: list[float], shifts: list[float]
) -> pd.DataFrame:
    """The loss by shift of the texts, for matched and mismatched pairs (liang2022, Figs. 3e-g, 9).

    shifts: Δθ in degrees, 0 where texts stand on their images' circle. Columns spacing, matched,
    logit_scale, shift, centre_distance, loss.
    """
    rows = []
    for spacing in spacings:
        for matched in (True, False):
            for shift in shifts:
                images, texts = place_pairs(spacing, shift, matched)
                distance = np.linalg.norm(images.mean(axis=0) - texts.mean(axis=0))
                place = {"spacing": spacing, "matched": matched, "shift": shift}
                for logit_scale in logit_scales:
                    loss = contrastive_loss(logit_scale * images @ texts.T)
                    rows.append(
                        {
                            **place,
                            "logit_scale": logit_scale,
                            "centre_distance": distance,
                            "loss": loss,
                        }
                    )
    return pd.DataFrame(rows)


def loss_minima(landscape: pd.DataFrame) -> pd.DataFrame:
    """Where the loss of each curve of `sphere_landscape` is least: |shift| in degrees, and loss."""
    best = landscape.groupby(["spacing", "matched", "logit_scale"]).loss.idxmin()
    return landscape.loc[best].assign(shift=lambda table: table["shift"].abs())
