import numpy as np
import pytest
import torch
from open_clip import ClipLoss

from modality_gap.origin.contrastive_loss import contrastive_loss
from modality_gap.origin.sphere import loss_minima, place_pairs, sphere_landscape

SCALES = [1, 5, 35, 50, 100]
MINIMA = {(20, False): [0, 0, 53, 65, 78], (15, False): [0, 0, 0, 42, 68]}


@pytest.fixture(scope="module")
def landscape():
    return sphere_landscape([15, 20], SCALES, list(np.arange(-90.0, 91.0)))


@pytest.mark.parametrize(("spacing", "matched"), [(15, False), (20, False), (15, True), (20, True)])
def test_the_minima_are_the_known_ones(landscape, spacing, matched):
    minima = loss_minima(landscape)
    here = minima[(minima.spacing == spacing) & (minima.matched == matched)]
    expected = MINIMA.get((spacing, matched), [0] * 5)
    assert list(here.sort_values("logit_scale")["shift"]) == expected


def test_the_loss_is_symmetric_in_the_shift(landscape):
    wide = landscape.pivot_table(
        index=["spacing", "matched", "logit_scale"], columns="shift", values="loss"
    )
    np.testing.assert_allclose(wide.to_numpy(), wide.to_numpy()[:, ::-1], rtol=1e-9)


@pytest.mark.parametrize("scale", SCALES)
def test_the_loss_is_open_clips(random, scale):
    images, texts = random.standard_normal((2, 9, 4))
    images /= np.linalg.norm(images, axis=1, keepdims=True)
    expected = ClipLoss()(torch.from_numpy(images), torch.from_numpy(texts), scale)
    assert contrastive_loss(scale * images @ texts.T) == pytest.approx(expected.item(), rel=1e-9)


def test_pairs_stand_where_the_paper_puts_them():
    images, texts = place_pairs(20, 0, matched=True)
    np.testing.assert_allclose(images, texts)
    np.testing.assert_allclose(np.linalg.norm(images, axis=1), 1)
    angles = np.degrees(np.arccos((images[:-1] * images[1:]).sum(axis=1)))
    np.testing.assert_allclose(angles, 20)
    _, swapped = place_pairs(20, 30, matched=False)
    _, straight = place_pairs(20, 30, matched=True)
    np.testing.assert_allclose(swapped, straight[[1, 0, 2, 3, 4, 5]])
    np.testing.assert_allclose(straight[:, 2], np.cos(np.radians(120)))
