"""Random parts of images, beside torchvision's RandomResizedCrop."""

import pytest
import torch
from scipy.stats import ks_2samp
from torch.nn.functional import interpolate
from torchvision.transforms import RandomResizedCrop

from modality_gap.training.augmentation import (
    RATIOS,
    RandomAffine,
    RandomCrop,
    random_boxes,
    step_generator,
)


def boxes_of_torchvision(number, height, width, area):
    """Rows top, left, height and width, as torchvision draws them one by one."""
    torch.manual_seed(0)
    image = torch.zeros(3, height, width)
    drawn = [RandomResizedCrop.get_params(image, list(area), list(RATIOS)) for _ in range(number)]
    return torch.tensor(drawn).float().T


@pytest.mark.parametrize("area", [(0.9, 1.0), (0.3, 0.6), (0.08, 1.0)])
@pytest.mark.parametrize("size", [(224, 224), (40, 64)])
def test_parts_are_drawn_as_torchvision_draws_them(area, size):
    own = random_boxes(6000, *size, area, torch.Generator().manual_seed(1))
    theirs = boxes_of_torchvision(6000, *size, area)
    for name, mine, other in zip(("top", "left", "height", "width"), own, theirs, strict=True):
        assert ks_2samp(mine, other).pvalue > 1e-3, name
    assert ks_2samp(own[2] * own[3], theirs[2] * theirs[3]).pvalue > 1e-3
    whole = [(torch.tensor(size) == rows[2:].T).all(dim=1) for rows in (own, theirs)]
    shares = [rows.float().mean().item() for rows in whole]
    assert shares[0] == pytest.approx(shares[1], abs=0.03)


@pytest.mark.parametrize("size", [(30, 30), (20, 100), (100, 20), (29, 41)])
def test_where_no_part_fits_it_is_the_one_that_torchvision_takes(size):
    """A whole image would have to have exactly one of the ratios that are drawn."""
    own = random_boxes(200, *size, (1.0, 1.0), torch.Generator().manual_seed(0))
    theirs = set(map(tuple, boxes_of_torchvision(200, *size, (1.0, 1.0)).T.tolist()))
    assert theirs & set(map(tuple, own.T.tolist()))


def test_a_part_is_enlarged_to_the_whole():
    """Two pixels from its border, beyond which a bicubic kernel does not look, as torch does it."""
    torch.manual_seed(0)
    images = torch.rand(8, 3, 32, 32)
    changed = RandomCrop((0.3, 0.5), 5)(images, 9)
    boxes = random_boxes(8, 32, 32, (0.3, 0.5), step_generator(5, 9)).int().T.tolist()
    for image, found, (top, left, height, width) in zip(images, changed, boxes, strict=True):
        part = image[None, :, top : top + height, left : left + width]
        expected = interpolate(part, (32, 32), mode="bicubic", align_corners=False)[0]
        inside = slice(6, -6)
        torch.testing.assert_close(
            found[:, inside, inside], expected[:, inside, inside], atol=1e-4, rtol=0
        )
        assert not torch.equal(found, image)


@pytest.mark.parametrize("kind", [RandomCrop, RandomAffine])
def test_step_and_seed_alone_decide_the_change(kind):
    images = torch.rand(4, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    how = [(0.2, 0.6)] if kind is RandomCrop else [10, 0.2, 0.2]
    change = kind(*how, 1)
    assert torch.equal(change(images, 3), kind(*how, 1)(images, 3))
    assert not torch.allclose(change(images, 3), change(images, 4))
    assert not torch.allclose(change(images, 3), kind(*how, 2)(images, 3))


def test_the_whole_image_stays_as_it_is():
    images = torch.rand(5, 3, 20, 20, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(RandomCrop((1.0, 1.0), 0)(images, 0), images)
