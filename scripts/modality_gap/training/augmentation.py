"""Augmentation of training images."""

import math

import numpy as np
import torch
from torch.nn.functional import affine_grid, grid_sample

# torchvision's RandomResizedCrop: the ratio of a part's sides, and how often one is drawn that fits.
RATIOS = (3 / 4, 4 / 3)
ATTEMPTS = 10


def step_generator(seed: int, step: int) -> torch.Generator:
    """A generator on the CPU that seed and step of training decide.

    torch's own takes the lower 32 bits of a seed alone, so both are hashed into as many first.
    """
    mixed = np.random.SeedSequence([seed, step]).generate_state(1)[0]
    return torch.Generator().manual_seed(int(mixed))


class RandomAffine:
    """A random rotation, shift and scaling of every image, seeded by the training step.

    rotation: largest angle, in degrees. translation: largest shift, as a share of the width.
    scale: largest change of size, as a share. What comes in from outside repeats the border.
    """

    def __init__(self, rotation: float, translation: float, scale: float, seed: int):
        self.rotation, self.translation, self.scale = math.radians(rotation), translation, scale
        self.seed = seed

    def __call__(self, images: torch.Tensor, step: int) -> torch.Tensor:
        """images: float, shape (n, c, h, w); the same step gives the same change."""
        generator = step_generator(self.seed, step)
        angle, right, down, size = torch.rand(4, len(images), generator=generator).mul_(2).sub_(
            1
        ) * torch.tensor(
            [[self.rotation], [2 * self.translation], [2 * self.translation], [self.scale]]
        )
        cos, sin = angle.cos() / (1 + size), angle.sin() / (1 + size)
        transform = torch.stack(
            [torch.stack([cos, -sin, right], dim=1), torch.stack([sin, cos, down], dim=1)], dim=1
        )
        grid = affine_grid(transform.to(images.device), list(images.shape), align_corners=False)
        return grid_sample(images, grid, padding_mode="border", align_corners=False)


class RandomCrop:
    """A random part of every image, enlarged to the whole, seeded by the training step.

    area: smallest and largest share of the image that is kept, as `scale` of torchvision's
    RandomResizedCrop, whose distribution it has (open_clip: 0.9 to 1, bicubic).
    """

    def __init__(self, area: tuple[float, float], seed: int):
        self.area, self.seed = area, seed

    def __call__(self, images: torch.Tensor, step: int) -> torch.Tensor:
        """images: float, shape (n, c, h, w); the same step gives the same parts."""
        generator = step_generator(self.seed, step)
        n, _, *size = images.shape
        tops, lefts, heights, widths = random_boxes(n, size[0], size[1], self.area, generator)
        transform = torch.zeros(n, 2, 3)
        for row, (starts, lengths, side) in enumerate(
            [(lefts, widths, size[1]), (tops, heights, size[0])]
        ):
            transform[:, row, row] = lengths / side
            transform[:, row, 2] = (2 * starts + lengths) / side - 1
        grid = affine_grid(transform.to(images.device), list(images.shape), align_corners=False)
        return grid_sample(images, grid, "bicubic", padding_mode="border", align_corners=False)


def random_boxes(
    n: int, height: int, width: int, area: tuple[float, float], generator: torch.Generator
) -> torch.Tensor:
    """Random parts of n images, as torchvision's RandomResizedCrop draws them.

    area: as in `RandomCrop`. Of `ATTEMPTS` parts the first one that fits into the image, its place
    drawn evenly; where none does, the largest centred one of an allowed ratio. Returns rows top,
    left, height and width in whole pixels, shape (4, n).
    """
    shares, places, tops, lefts = torch.rand(4, ATTEMPTS, n, generator=generator)
    areas = height * width * (area[0] + (area[1] - area[0]) * shares)
    low, high = map(math.log, RATIOS)
    ratios = (low + (high - low) * places).exp()
    widths, heights = (areas * ratios).sqrt().round(), (areas / ratios).sqrt().round()
    fits = (widths > 0) & (widths <= width) & (heights > 0) & (heights <= height)
    tops = (tops * (height - heights + 1)).floor()
    lefts = (lefts * (width - widths + 1)).floor()
    drawn = torch.stack([tops, lefts, heights, widths])
    chosen = drawn[:, fits.int().argmax(dim=0), torch.arange(n)]
    largest = [min(height, round(width / RATIOS[0])), min(width, round(height * RATIOS[1]))]
    centred = [(height - largest[0]) // 2, (width - largest[1]) // 2, *largest]
    return torch.where(fits.any(dim=0), chosen, torch.tensor(centred).float()[:, None])
